import type { Backend } from '@sluice/core';
import { RedisMeter } from '../redis-meter.js';
import { openSluice, sluiceOnRedis } from '../sluice.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { distinctPaths } from '../workload.js';

// Paths are made while the clock is stopped, this many at a time.
const CHUNK = 100_000;

/** Where targets wait that the worker warms up with. */
export const WARM_UP_PREFIX = 'warm-up';

export interface GrowSettings {
  readonly redisPort: number;
  readonly backlog: number;
  readonly targets: number;
}

export type GrowFigures = { readonly secondsPerTarget: number };

/** Fills an empty server up to the backlog, and measures what further targets take. It leaves all of them there. */
export async function run({ redisPort, backlog, targets }: GrowSettings): Promise<GrowFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  // As much for each backlog: a large one would warm the code up better.
  await addTargets(sluiceOnRedis(redisPort), 0, targets);
  await meter.empty();
  await addTargets(sluiceOnRedis(redisPort, WARM_UP_PREFIX), 0, warmUpOf(targets));
  await addTargets(sluiceOnRedis(redisPort), 0, backlog);
  return { secondsPerTarget: (await addTargets(sluiceOnRedis(redisPort), backlog, targets)) / targets };
}

/** Counts a view of each page; resolves with the seconds it took. */
async function addTargets(backend: Backend, from: number, count: number): Promise<number> {
  await using counter = await openSluice({ backend, lingerMs: 0 });
  let seconds = 0;
  for (let first = from; first < from + count; first += CHUNK) {
    const paths = distinctPaths(first, Math.min(CHUNK, from + count - first));
    seconds += await secondsOf(() => counter.count(paths));
  }
  return seconds;
}
