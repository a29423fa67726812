import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { LedgerEntry } from './dialect.js';

/** Enters a batch where an insert can pass over rows that are there. */
export async function enterUnlessThere(db: Kysely<unknown>, entry: LedgerEntry): Promise<boolean> {
  const { rows } = await insertUnlessThere(entry).execute(db);
  return rows.length > 0;
}

/** Returns the id if it was not there. */
export function insertUnlessThere({ ledger, batch, outcome }: LedgerEntry): RawBuilder<unknown> {
  return sql`
    insert into ${sql.id(...ledger)} (id, partition_id, outcome)
    values (${batch.id}, ${batch.partition}, ${outcome})
    on conflict (id) do nothing
    returning id
  `;
}
