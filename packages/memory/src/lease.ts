import { leaseToken } from '@sluice/core/backend';
import type { BatchState } from './partition-state.js';

/** Whether the token holds the batch. */
export function holds({ id, claimToken }: BatchState, token: string): boolean {
  return claimToken !== undefined && leaseToken(id, claimToken) === token;
}

/** Sets when the batch is due. */
export function waitFor(batch: BatchState, waitMs: number, now: number): void {
  batch.dueAt = now + waitMs;
  batch.waitMs = waitMs;
}

/** In how many milliseconds the batch is due. If the clock was set back, the wait begins again, but is no longer. */
export function waitLeft({ dueAt, waitMs }: BatchState, now: number): number {
  return Math.min(Math.max(0, dueAt - now), waitMs);
}
