import type { Transaction } from '@electric-sql/pglite';
import type { Refusal, Write } from '@sluice/core/backend';
import type { PartitionRow, ProducerRow } from './tables.js';

/** Records of producers that a partition keeps, at most. */
const RECORDS = 1000;

/** Reads a partition's row, and makes other transactions wait for it. */
export async function lock(tx: Transaction, partition: number): Promise<PartitionRow | undefined> {
  const { rows } = await tx.sql<PartitionRow>`
    SELECT * FROM sluice.partition WHERE id = ${partition} FOR UPDATE`;
  return rows[0];
}

/** The last write of the producer, if there is a record of it. */
export async function lastWrite(tx: Transaction, write: Write): Promise<ProducerRow | undefined> {
  const { rows } = await tx.sql<ProducerRow>`
    SELECT * FROM sluice.producer
    WHERE partition = ${write.partition} AND id = ${write.producer}`;
  return rows[0];
}

/** Records a write that was applied at a position, and removes the oldest records of a partition that has many. */
export async function rememberWrite(
  tx: Transaction,
  { partition, producer, number, nonce, entries }: Write,
  position: number,
  refused: readonly Refusal[],
): Promise<void> {
  await tx.sql`
    INSERT INTO sluice.producer (partition, id, number, position, nonce, refused)
    VALUES (${partition}, ${producer}, ${number}, ${position}, ${nonce}, ${JSON.stringify(refused)})
    ON CONFLICT (partition, id) DO UPDATE SET
      number = excluded.number,
      position = excluded.position,
      nonce = excluded.nonce,
      refused = excluded.refused`;
  await tx.sql`
    WITH removed AS (
      DELETE FROM sluice.producer
      WHERE partition = ${partition} AND position <= (
        SELECT position FROM sluice.producer
        WHERE partition = ${partition}
        ORDER BY position DESC
        OFFSET ${RECORDS} LIMIT 1
      )
      RETURNING position
    )
    UPDATE sluice.partition
    SET
      applied = ${position},
      floor = greatest(floor, (SELECT max(position) + 1 FROM removed)),
      added = added + ${entries.length - refused.length}
    WHERE id = ${partition}`;
}
