import type { Transaction } from '@electric-sql/pglite';
import {
  type Burial,
  deadLetterId,
  PRODUCER_LIFETIME_MS,
  type Refusal,
  type StoredBatch,
  type StoredEntry,
} from '@sluice/core';
import { entryOf, mergeAll } from './entries.js';
import type { CountRow, EntryRow, PartitionRow } from './tables.js';

export async function insertPartition(tx: Transaction, partition: number, epoch: string): Promise<void> {
  await tx.query('INSERT INTO sluice.partition (id, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    partition,
    epoch,
  ]);
}

/** Reads a partition's row. Until the transaction ends, others that want it wait. */
export async function lock(tx: Transaction, partition: number): Promise<PartitionRow | undefined> {
  const { rows } = await tx.query<PartitionRow>('SELECT * FROM sluice.partition WHERE id = $1 FOR UPDATE', [
    partition,
  ]);
  return rows[0];
}

/** The number of a producer's last write, 0 if there is none on record, and what was refused of it. */
export async function lastWrite(
  tx: Transaction,
  partition: number,
  producer: string,
  now: number,
): Promise<{ last: number; refused: Refusal[] }> {
  const { rows } = await tx.query<{ number: number; refused: string }>(
    'SELECT number, refused FROM sluice.producer WHERE partition = $1 AND id = $2 AND expires_at > $3',
    [partition, producer, now],
  );
  const [row] = rows;
  return row === undefined
    ? { last: 0, refused: [] }
    : { last: row.number, refused: JSON.parse(row.refused) };
}

/** Records a write, and forgets the producers that have not written for long. */
export async function rememberWrite(
  tx: Transaction,
  partition: number,
  producer: string,
  number: number,
  refused: readonly Refusal[],
  now: number,
): Promise<void> {
  await tx.query('DELETE FROM sluice.producer WHERE partition = $1 AND expires_at <= $2', [partition, now]);
  await tx.query(
    `INSERT INTO sluice.producer VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (partition, id) DO UPDATE
     SET number = excluded.number, refused = excluded.refused, expires_at = excluded.expires_at`,
    [partition, producer, number, JSON.stringify(refused), now + PRODUCER_LIFETIME_MS],
  );
}

/** The packed fields of those keys that are pending. */
export async function pendingFields(
  tx: Transaction,
  partition: number,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await tx.query<EntryRow>(
    'SELECT key, fields FROM sluice.entry WHERE partition = $1 AND NOT claimed AND key = ANY ($2::text[])',
    [partition, keys],
  );
  return new Map(rows.map(({ key, fields }) => [key, fields]));
}

/** Merges entries into the pending ones; answers those that were left out. */
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
  const after = new Map(before);
  const refused = mergeAll(after, entries, now);
  const changed = [...after].filter(([key]) => before.has(key));
  const added = [...after].filter(([key]) => !before.has(key));
  await tx.query(
    `UPDATE sluice.entry SET fields = changed.fields
     FROM unnest($2::text[], $3::text[]) AS changed (key, fields)
     WHERE partition = $1 AND NOT claimed AND entry.key = changed.key`,
    [partition, changed.map(([key]) => key), changed.map(([, fields]) => fields)],
  );
  await tx.query(
    `INSERT INTO sluice.entry (partition, key, fields)
     SELECT $1, key, fields
     FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS added (key, fields, nth) ORDER BY nth`,
    [partition, added.map(([key]) => key), added.map(([, fields]) => fields)],
  );
  return refused;
}

/** Claims the first pending entries; answers whether there were any. */
export async function freeze(tx: Transaction, partition: number, size: number): Promise<boolean> {
  const frozen = await tx.query(
    `UPDATE sluice.entry SET claimed = true WHERE place IN
       (SELECT place FROM sluice.entry WHERE partition = $1 AND NOT claimed ORDER BY place LIMIT $2)`,
    [partition, size],
  );
  return frozen.affectedRows !== 0;
}

export async function lease(
  tx: Transaction,
  partition: number,
  batch: string,
  token: string,
  attempt: number,
  dueAt: number,
): Promise<void> {
  await tx.query(
    'UPDATE sluice.partition SET batch = $2, token = $3, attempt = $4, due_at = $5 WHERE id = $1',
    [partition, batch, token, attempt, dueAt],
  );
}

export async function readBatch(tx: Transaction, partition: number): Promise<StoredBatch> {
  const head = await tx.query<Omit<StoredBatch, 'entries'>>(
    `SELECT batch AS id, attempt,
       (SELECT count(*) FROM sluice.entry WHERE partition = $1 AND NOT claimed) AS remaining
     FROM sluice.partition WHERE id = $1`,
    [partition],
  );
  const { rows } = await tx.query<EntryRow>(
    'SELECT key, fields FROM sluice.entry WHERE partition = $1 AND claimed ORDER BY place',
    [partition],
  );
  return { ...(head.rows[0] as Omit<StoredBatch, 'entries'>), entries: rows.map(entryOf) };
}

export async function endBatch(tx: Transaction, partition: number): Promise<void> {
  await tx.query('DELETE FROM sluice.entry WHERE partition = $1 AND claimed', [partition]);
  await tx.query(
    'UPDATE sluice.partition SET batch = NULL, token = NULL, attempt = NULL, due_at = NULL WHERE id = $1',
    [partition],
  );
}

/** Copies entries of the batch: `endBatch` deletes them all. */
export async function insertDeadLetters(
  tx: Transaction,
  partition: number,
  batch: string,
  attempt: number,
  burials: readonly Burial[],
  now: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO sluice.dead_letter (partition, id, key, fields, reason, attempts, buried_at)
     SELECT $1, burial.id, key, fields, reason, $2, $3
     FROM unnest($4::text[], $5::int[], $6::text[]) AS burial (id, index, reason)
     JOIN (SELECT key, fields, row_number() OVER (ORDER BY place) - 1 AS index
           FROM sluice.entry WHERE partition = $1 AND claimed) AS entry USING (index)`,
    [
      partition,
      attempt,
      now,
      burials.map(({ index }) => deadLetterId(batch, index)),
      burials.map(({ index }) => index),
      burials.map(({ reason }) => JSON.stringify(reason)),
    ],
  );
}

export async function deleteDeadLetters(
  tx: Transaction,
  partition: number,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    'DELETE FROM sluice.dead_letter WHERE partition = $1 AND id = ANY ($2::text[]) RETURNING id',
    [partition, ids],
  );
  return rows.map(({ id }) => id);
}

/** Counts what every partition holds. */
export async function countAll(tx: Transaction): Promise<CountRow[]> {
  const { rows } = await tx.query<CountRow>(
    `SELECT p.id AS partition,
       (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND NOT claimed) AS pending,
       (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND claimed) AS claimed,
       (SELECT count(*) FROM sluice.dead_letter WHERE partition = p.id) AS dead,
       (SELECT fields FROM sluice.entry WHERE partition = p.id AND NOT claimed ORDER BY place LIMIT 1) AS head
     FROM sluice.partition AS p ORDER BY p.id`,
  );
  return rows;
}

/** Of the settings that make a commit survive a crash, those that are off. */
export async function settingsThatAreOff(tx: Transaction): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off' ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}
