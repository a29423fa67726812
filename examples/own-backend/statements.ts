import type { Transaction } from '@electric-sql/pglite';
import {
  PRODUCER_LIFETIME_MS,
  type Refusal,
  type StoredBatch,
  type StoredEntry,
  type Write,
} from '@sluice/core/backend';
import { entryOf, mergeAll } from './entries.js';
import type { EntryRow, HeldBatch, PartitionRow } from './tables.js';

/** Reads a partition's row, and makes other transactions wait for it. */
export async function lock(tx: Transaction, partition: number): Promise<PartitionRow | undefined> {
  const { rows } =
    await tx.sql<PartitionRow>`SELECT * FROM sluice.partition WHERE id = ${partition} FOR UPDATE`;
  return rows[0];
}

/** The number of a producer's last write, or 0, and what was refused of it. */
export async function lastWrite(
  tx: Transaction,
  partition: number,
  producer: string,
  now: number,
): Promise<{ last: number; refused: Refusal[] }> {
  const { rows } = await tx.sql<{ number: number; refused: string }>`
    SELECT number, refused FROM sluice.producer
    WHERE partition = ${partition} AND id = ${producer} AND expires_at > ${now}`;
  const { number, refused } = rows[0] ?? { number: 0, refused: '[]' };
  return { last: number, refused: JSON.parse(refused) as Refusal[] };
}

/** Records the number of a producer's write, and forgets producers that have not written for long. */
export async function rememberWrite(
  tx: Transaction,
  { partition, producer, number }: Write,
  refused: readonly Refusal[],
  now: number,
): Promise<void> {
  await tx.sql`
    DELETE FROM sluice.producer
    WHERE partition = ${partition} AND (id = ${producer} OR expires_at <= ${now})`;
  await tx.sql`
    INSERT INTO sluice.producer (partition, id, number, refused, expires_at)
    VALUES (${partition}, ${producer}, ${number}, ${JSON.stringify(refused)}, ${now + PRODUCER_LIFETIME_MS})`;
}

/** The packed fields of those keys that are pending. */
export async function pendingFields(
  tx: Transaction,
  partition: number,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await tx.sql<EntryRow>`
    SELECT key, fields FROM sluice.entry
    WHERE partition = ${partition} AND NOT claimed AND key = ANY (${keys})`;
  return new Map(rows.map(({ key, fields }) => [key, fields]));
}

/** Merges entries into the pending ones; returns those that were refused. */
export async function addPending(
  tx: Transaction,
  partition: number,
  entries: readonly StoredEntry[],
  now: number,
): Promise<Refusal[]> {
  const before = await pendingFields(
    tx,
    partition,
    entries.map(({ key }) => key),
  );
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

/** Claims the first of the pending entries; returns how many. */
export async function freeze(tx: Transaction, partition: number, size: number): Promise<number> {
  const { affectedRows } = await tx.sql`
    UPDATE sluice.entry SET claimed = true
    WHERE place IN (
      SELECT place FROM sluice.entry
      WHERE partition = ${partition} AND NOT claimed
      ORDER BY place
      LIMIT ${size}
    )`;
  return affectedRows ?? 0;
}

export async function lease(tx: Transaction, partition: number, held: HeldBatch): Promise<void> {
  await tx.sql`
    UPDATE sluice.partition
    SET batch = ${held.batch}, token = ${held.token}, attempt = ${held.attempt}, due_at = ${held.due_at}
    WHERE id = ${partition}`;
}

export async function readBatch(tx: Transaction, partition: number): Promise<StoredBatch> {
  const { rows } = await tx.sql<EntryRow>`
    SELECT key, fields FROM sluice.entry
    WHERE partition = ${partition} AND claimed
    ORDER BY place`;
  const head = await tx.sql<Omit<StoredBatch, 'entries'>>`
    SELECT
      batch AS id,
      attempt,
      (
        SELECT count(*) FROM sluice.entry
        WHERE partition = ${partition} AND NOT claimed
      ) AS remaining
    FROM sluice.partition
    WHERE id = ${partition}`;
  return { ...(head.rows[0] as Omit<StoredBatch, 'entries'>), entries: rows.map(entryOf) };
}

export async function endBatch(tx: Transaction, partition: number): Promise<void> {
  await tx.sql`DELETE FROM sluice.entry WHERE partition = ${partition} AND claimed`;
  await tx.sql`
    UPDATE sluice.partition
    SET batch = NULL, token = NULL, attempt = NULL, due_at = NULL
    WHERE id = ${partition}`;
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
