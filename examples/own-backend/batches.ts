import { randomUUID } from 'node:crypto';
import type { Transaction } from '@electric-sql/pglite';
import type { BatchStats } from '@sluice/core';
import { type ClaimRequest, type Failure, leaseToken, type StoredBatch } from '@sluice/core/backend';
import { entryOf } from './entries.js';
import type { BatchRow, EntryRow } from './tables.js';

/** The partition's unsettled batch, if there is one. */
export async function unsettledBatch(tx: Transaction, partition: number): Promise<BatchRow | undefined> {
  const { rows } = await tx.sql<BatchRow>`SELECT * FROM sluice.batch WHERE partition = ${partition}`;
  return rows[0];
}

/** Leases a new batch of the first pending entries, if there are any. */
export async function newBatch(
  tx: Transaction,
  partition: number,
  request: ClaimRequest,
  now: number,
): Promise<BatchRow | undefined> {
  const size = await freeze(tx, partition, request);
  if (size === 0) return undefined;
  const { batchIdPrefix, claimToken, worker, leaseMs } = request;
  const { rows } = await tx.sql<BatchRow>`
    WITH numbered AS (
      UPDATE sluice.partition SET batches = batches + 1, taken = taken + ${size}
      WHERE id = ${partition}
      RETURNING batches
    )
    INSERT INTO sluice.batch (partition, id, number, made_at, token, worker, leased_at, attempt, due_at, wait_ms)
    SELECT
      ${partition}, ${`${batchIdPrefix}-${randomUUID()}`}, batches, ${now},
      ${claimToken}, ${JSON.stringify(worker)}, ${now}, 1, ${now + leaseMs}, ${leaseMs}
    FROM numbered
    RETURNING *`;
  return rows[0];
}

/** Claims the first of the pending entries: at least one, if there is one; returns how many. */
async function freeze(tx: Transaction, partition: number, { size, bytes }: ClaimRequest): Promise<number> {
  const { affectedRows } = await tx.sql`
    UPDATE sluice.entry SET claimed = true
    WHERE place IN (
      SELECT place
      FROM (
        SELECT
          place,
          row_number() OVER queue AS nth,
          sum(octet_length(key) + octet_length(fields)) OVER queue AS bytes
        FROM (
          SELECT place, key, fields FROM sluice.entry
          WHERE partition = ${partition} AND NOT claimed
          ORDER BY place
          LIMIT ${size}
        ) AS first
        WINDOW queue AS (ORDER BY place)
      ) AS measured
      WHERE nth = 1 OR bytes <= ${bytes}
    )`;
  return affectedRows ?? 0;
}

/** Leases a batch that is due, once more. */
export async function leaseAgain(
  tx: Transaction,
  partition: number,
  { claimToken, worker, leaseMs }: ClaimRequest,
  now: number,
): Promise<BatchRow> {
  const { rows } = await tx.sql<BatchRow>`
    UPDATE sluice.batch
    SET
      token = ${claimToken},
      worker = ${JSON.stringify(worker)},
      leased_at = ${now},
      attempt = attempt + 1,
      due_at = ${now + leaseMs},
      wait_ms = ${leaseMs}
    WHERE partition = ${partition}
    RETURNING *`;
  return rows[0] as BatchRow;
}

/** In how many milliseconds a batch is due. If the clock was set back, the wait begins anew, and is no longer. */
export function waitLeft({ due_at, wait_ms }: BatchRow, now: number): number {
  return Math.min(Math.max(0, due_at - now), wait_ms);
}

export async function setDue(tx: Transaction, partition: number, dueAt: number): Promise<void> {
  await tx.sql`UPDATE sluice.batch SET due_at = ${dueAt} WHERE partition = ${partition}`;
}

export function holds({ id, token }: BatchRow, held: string): boolean {
  return token !== null && leaseToken(id, token) === held;
}

/** The batch as workers get it. */
export async function readBatch(tx: Transaction, batch: BatchRow, now: number): Promise<StoredBatch> {
  const { partition, id, attempt, failures } = batch;
  const { rows } = await tx.sql<EntryRow>`
    SELECT key, fields FROM sluice.entry
    WHERE partition = ${partition} AND claimed
    ORDER BY place`;
  const pending = await tx.sql<{ count: number }>`
    SELECT count(*) FROM sluice.entry WHERE partition = ${partition} AND NOT claimed`;
  return {
    id,
    attempt,
    failures,
    ageMs: Math.max(0, now - batch.made_at),
    entries: rows.map(entryOf),
    remaining: pending.rows[0]?.count ?? 0,
  };
}

/** Gives the batch back, to be delivered again. */
export async function giveBack(
  tx: Transaction,
  partition: number,
  { reason, isVerdict, delayMs }: Failure,
  now: number,
): Promise<void> {
  await tx.sql`
    UPDATE sluice.batch
    SET
      token = NULL,
      due_at = ${now + delayMs},
      wait_ms = ${delayMs},
      failures = failures + ${isVerdict ? 1 : 0},
      error = ${JSON.stringify(reason)},
      failing_since = coalesce(failing_since, ${now})
    WHERE partition = ${partition}`;
}

export async function endBatch(tx: Transaction, partition: number): Promise<void> {
  await tx.sql`DELETE FROM sluice.entry WHERE partition = ${partition} AND claimed`;
  await tx.sql`DELETE FROM sluice.batch WHERE partition = ${partition}`;
}

export function batchStats(batch: BatchRow, now: number): BatchStats {
  const { id, attempt, failures, token, worker, leased_at, error, failing_since } = batch;
  const isLeased = token !== null;
  return {
    id,
    ageMs: Math.max(0, now - batch.made_at),
    attempt,
    failures,
    isLeased,
    dueInMs: waitLeft(batch, now),
    ...(isLeased && { worker: JSON.parse(worker) as string, leasedForMs: Math.max(0, now - leased_at) }),
    ...(error !== null && { lastError: JSON.parse(error) as string }),
    ...(failing_since !== null && { failingForMs: Math.max(0, now - failing_since) }),
  };
}
