import type { Transaction } from '@electric-sql/pglite';
import {
  type Burial,
  deadLetterId,
  type Fields,
  merge,
  type StoredDeadLetter,
  type StoredEntry,
  stampLast,
} from '@sluice/core/backend';
import { entryOf } from './entries.js';
import { addPending, packedFields } from './pending.js';
import type { BatchRow, DeadLetterRow } from './tables.js';

/** Copies entries of a batch to the dead letters. */
export async function buryEntries(
  tx: Transaction,
  { partition, id: batch, number, attempt }: BatchRow,
  burials: readonly Burial[],
  now: number,
): Promise<void> {
  const ids = burials.map(({ index }) => deadLetterId(batch, index));
  const indexes = burials.map(({ index }) => index);
  const reasons = burials.map(({ reason }) => JSON.stringify(reason));
  await tx.sql`
    INSERT INTO sluice.dead_letter
    SELECT ${partition}, burial.id, ${number}, key, fields, burial.reason, ${attempt}, ${now}
    FROM unnest(${ids}::text[], ${indexes}::int[], ${reasons}::text[]) AS burial (id, index, reason)
    JOIN (
      SELECT key, fields, row_number() OVER (ORDER BY place) - 1 AS index
      FROM sluice.entry
      WHERE partition = ${partition} AND claimed
    ) AS claimed USING (index)`;
}

export async function listDead(
  tx: Transaction,
  partition: number,
  offset: number,
  limit: number,
): Promise<StoredDeadLetter[]> {
  const { rows } = await tx.sql<DeadLetterRow>`
    SELECT * FROM sluice.dead_letter
    WHERE partition = ${partition}
    ORDER BY buried_at, id COLLATE "C"
    OFFSET ${offset} LIMIT ${limit}`;
  return rows.map(({ id, reason, attempts, buried_at, ...row }) => ({
    id,
    entry: entryOf(row),
    reason: JSON.parse(reason) as string,
    attempts,
    buriedAt: buried_at,
  }));
}

/** Merges dead letters back into the pending entries, and returns the ids of those that went. */
export async function redriveDead(
  tx: Transaction,
  partition: number,
  wanted: readonly string[],
  now: number,
): Promise<string[]> {
  const { rows } = await tx.sql<DeadLetterRow>`
    SELECT * FROM sluice.dead_letter
    WHERE partition = ${partition} AND id = ANY (${wanted})
    ORDER BY array_position(${wanted}::text[], id)`;
  const keys = rows.map(({ key }) => key);
  const claimed = await packedFields(tx, partition, keys, true);
  const letters = rows.flatMap((row) => {
    const entry = redriven(row, claimed.get(row.key));
    return entry === undefined ? [] : [{ id: row.id, ...entry }];
  });
  const refused = await addPending(tx, partition, letters, now);
  const stay = new Set(refused.map(({ index }) => index));
  const went = letters.filter((_, index) => !stay.has(index));
  return deleteDead(
    tx,
    partition,
    went.map(({ id }) => id),
  );
}

/** The entry to merge; what the unsettled batch sets was set later, and stays. */
function redriven(row: DeadLetterRow, packed: string | undefined): StoredEntry | undefined {
  const entry = entryOf(row);
  if ('corrupt' in entry) return undefined;
  const fields = stampLast(entry.fields, row.batch_number);
  const claimed = packed === undefined ? undefined : entryOf({ key: row.key, fields: packed });
  return { key: row.key, fields: claimed && 'fields' in claimed ? later(fields, claimed.fields) : fields };
}

/** Leaves out each `last` value that a merge into the claimed one would not take. */
function later(fields: Fields, claimed: Fields): Fields {
  const kept = Object.entries(fields).filter(([field, value]) => {
    if (!field.startsWith('=')) return true;
    const both = { [field]: claimed[field] ?? value };
    merge(both, { [field]: value });
    return both[field] === value;
  });
  return Object.fromEntries(kept);
}

export async function deleteDead(
  tx: Transaction,
  partition: number,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.sql<{ id: string }>`
    DELETE FROM sluice.dead_letter
    WHERE partition = ${partition} AND id = ANY (${ids})
    RETURNING id`;
  return rows.map(({ id }) => id);
}
