import type { Batch } from '@sluice/core';
import { type Kysely, sql } from 'kysely';

/** Enters a batch where an insert can pass over rows that are there. */
export async function enterUnlessThere(
  db: Kysely<unknown>,
  ledger: readonly string[],
  batch: Batch,
  outcome: string | null,
): Promise<boolean> {
  const { rows } = await sql`
    insert into ${sql.id(...ledger)} (id, partition_id, outcome)
    values (${batch.id}, ${batch.partition}, ${outcome})
    on conflict (id) do nothing
    returning id
  `.execute(db);
  return rows.length > 0;
}
