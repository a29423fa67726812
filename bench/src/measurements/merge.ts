import { type Buffer, createBuffer, max } from '@sluice/core';
import { quantile } from 'simple-statistics';
import { RedisMeter } from '../redis-meter.js';
import { sluiceOnRedis } from '../sluice.js';
import { warmUpOf } from '../stopwatch.js';
import { distinctPaths } from '../workload.js';

const TIMES = 3;
// One write a partition: the process waits while Redis works, so that Redis has a core for itself.
const TOGETHER = 4000;

export interface MergeSettings {
  readonly redisPort: number;
  readonly targets: number;
}

/** Of the scripts that took half a millisecond or more. */
export type MergeFigures = { readonly medianMs: number; readonly p99Ms: number; readonly longestMs: number };

/** Counts in three columns of the same targets, again and again, and drains them: the longest merges. */
export async function run({ redisPort, targets }: MergeSettings): Promise<MergeFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await using buffer = createBuffer({
    backend: sluiceOnRedis(redisPort),
    sink: async () => {},
    concurrency: 1,
  });
  await pass(buffer, distinctPaths(0, warmUpOf(targets), 'warm-up'));
  await meter.slowMs();
  await pass(buffer, distinctPaths(0, targets));
  const slow = await meter.slowMs();
  return {
    medianMs: slow.length > 0 ? quantile(slow, 0.5) : 0,
    p99Ms: slow.length > 0 ? quantile(slow, 0.99) : 0,
    longestMs: Math.max(0, ...slow),
  };
}

async function pass(buffer: Buffer, paths: readonly string[]): Promise<void> {
  for (let time = 1; time <= TIMES; time += 1) {
    for (let from = 0; from < paths.length; from += TOGETHER) {
      for (const path of paths.slice(from, from + TOGETHER)) {
        void buffer.incr('Page', { views: 1, readers: 1, seconds: 30 }, { path }, { lastSeen: max(time) });
      }
      await buffer.flush();
    }
  }
  await buffer.processPending();
}
