import type { BatchStats, PartitionStats } from '@sluice/core/backend';
import { waitLeft } from './lease.js';
import type { BatchState, PartitionState } from './partition-state.js';

/** What a partition holds. */
export function statsOf(partition: number, state: PartitionState, now: number): PartitionStats {
  const { pending, batch, dead, added, taken } = state;
  const [nextPending] = pending.values();
  const heads = [batch?.entries[0]?.fields, nextPending].filter((fields) => fields !== undefined);
  return {
    partition,
    pending: pending.size,
    claimed: batch?.entries.length ?? 0,
    dead: dead.size,
    oldestPendingMs: Math.max(0, ...heads.map((fields) => age(Number(fields['@']), now))),
    added,
    taken,
    ...(batch && { batch: batchStats(batch, now) }),
  };
}

function batchStats(batch: BatchState, now: number): BatchStats {
  const { id, madeAt, attempt, failures, claimToken, worker, leasedAt, lastError, failingSince } = batch;
  const isLeased = claimToken !== undefined;
  return {
    id,
    ageMs: age(madeAt, now),
    attempt,
    failures,
    isLeased,
    dueInMs: waitLeft(batch, now),
    ...(isLeased && { worker, leasedForMs: age(leasedAt, now) }),
    ...(lastError !== undefined && { lastError }),
    ...(failingSince !== undefined && { failingForMs: age(failingSince, now) }),
  };
}

/** Never negative, even if the clock was set back. */
export function age(since: number, now: number): number {
  return Math.max(0, now - since);
}
