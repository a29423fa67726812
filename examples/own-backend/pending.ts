import type { Transaction } from '@electric-sql/pglite';
import {
  type Refusal,
  type StoredEntry,
  type StoredSums,
  type StoredTarget,
  unpack,
} from '@sluice/core/backend';
import { mergeAll } from './entries.js';
import type { EntryRow } from './tables.js';

/** What is pending, and what is claimed, of each target. */
export async function readTargets(tx: Transaction, targets: readonly StoredTarget[]): Promise<StoredSums[]> {
  const partitions = targets.map(({ partition }) => partition);
  const keys = targets.map(({ key }) => key);
  const { rows } = await tx.sql<{ nth: number; claimed: boolean; fields: string }>`
    SELECT target.nth, entry.claimed, entry.fields
    FROM unnest(${partitions}::int[], ${keys}::text[]) WITH ORDINALITY AS target (partition, key, nth)
    JOIN sluice.entry AS entry USING (partition, key)`;
  const packed = new Map(rows.map(({ nth, claimed, fields }) => [`${nth} ${claimed}`, fields]));
  const fieldsOf = (nth: number, claimed: boolean) => {
    const fields = packed.get(`${nth} ${claimed}`);
    return fields === undefined ? undefined : unpack(fields);
  };
  return targets.map((_, index) => ({
    pending: fieldsOf(index + 1, false),
    claimed: fieldsOf(index + 1, true),
  }));
}

/** Merges entries into the pending ones; returns those that were refused. */
export async function addPending(
  tx: Transaction,
  partition: number,
  entries: readonly StoredEntry[],
  now: number,
): Promise<Refusal[]> {
  const keys = entries.map(({ key }) => key);
  const before = await packedFields(tx, partition, keys, false);
  const { changed, added, refused } = mergeAll(before, entries, now);
  if (changed.size > 0) {
    await tx.sql`
      UPDATE sluice.entry SET fields = changed.fields
      FROM unnest(${[...changed.keys()]}::text[], ${[...changed.values()]}::text[]) AS changed (key, fields)
      WHERE partition = ${partition} AND NOT claimed AND entry.key = changed.key`;
  }
  if (added.size > 0) {
    await tx.sql`
      INSERT INTO sluice.entry (partition, key, fields)
      SELECT ${partition}, key, fields
      FROM unnest(${[...added.keys()]}::text[], ${[...added.values()]}::text[])
        WITH ORDINALITY AS added (key, fields, nth) ORDER BY nth`;
  }
  return refused;
}

/** The packed fields of those keys that are pending, or that are claimed. */
export async function packedFields(
  tx: Transaction,
  partition: number,
  keys: readonly string[],
  claimed: boolean,
): Promise<Map<string, string>> {
  const { rows } = await tx.sql<EntryRow>`
    SELECT key, fields FROM sluice.entry
    WHERE partition = ${partition} AND claimed = ${claimed} AND key = ANY (${keys})`;
  return new Map(rows.map(({ key, fields }) => [key, fields]));
}
