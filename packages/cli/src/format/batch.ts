import type { BatchStats, PartitionStats } from '@sluice/core';
import { amount } from './amount.js';
import { duration } from './duration.js';
import { printable } from './printable.js';

/** How many entries a partition's batch has, and since when: `12 for 3 s`. */
export function inFlightText({ claimed, batch }: PartitionStats): string {
  return batch === undefined ? '' : `${amount(claimed)} for ${duration(batch.ageMs)}`;
}

/** Who has a batch, and since when; or when it is due: `web-1:42 for 3 s, 27 s left`. */
export function batchText({ batch }: PartitionStats): string {
  if (batch === undefined) return '';
  const { isLeased, dueInMs, worker, leasedForMs = 0 } = batch;
  if (!isLeased) return dueInMs > 0 ? `waits ${duration(dueInMs)}` : 'due';
  if (dueInMs === 0) return `${worker === undefined ? 'its worker' : workerText(worker)} is gone`;
  const left = `${duration(dueInMs)} left`;
  return worker === undefined
    ? `leased, ${left}`
    : `${workerText(worker)} for ${duration(leasedForMs)}, ${left}`;
}

const LONGEST_WORKER = 40;

function workerText(name: string): string {
  return printable(name.length > LONGEST_WORKER ? `${name.slice(0, LONGEST_WORKER)}…` : name);
}

/** What the deliveries of a batch fail with. */
export function failureText(batch: BatchStats | undefined): string {
  if (batch?.lastError === undefined) return '';
  return printable(`for ${duration(batch.failingForMs ?? 0)}: ${batch.lastError}`);
}
