import type { SingleCounter } from '../counter.js';
import { openSluice, sluiceOnRedis } from '../sluice.js';
import { cpuMicrosOf, warmUpOf } from '../stopwatch.js';
import { WATCHERS, type Watcher } from '../watching.js';
import { zipfPaths } from '../workload.js';

// What Redis has by default: so there are as many writes as there may be.
const LINGER_MS = 10;

export interface CountWatchedSettings {
  readonly watcher: Watcher | undefined;
  readonly redisPort: number;
  /** Increments at full speed, which merge. */
  readonly merging: number;
  /** Increments that are awaited one by one: each is a write. */
  readonly awaited: number;
}

/** CPU time of this process an increment, in microseconds. */
export type CountWatchedFigures = { readonly mergingMicros: number; readonly awaitedMicros: number };

/** Counts views into Redis, hot rows first among them, while something watches. */
export async function run(settings: CountWatchedSettings): Promise<CountWatchedFigures> {
  const { watcher, redisPort, merging, awaited } = settings;
  const telemetry = watcher === undefined ? undefined : WATCHERS[watcher]();
  const backend = sluiceOnRedis(redisPort);
  await using counter = await openSluice({ backend, lingerMs: LINGER_MS, telemetry });
  return {
    mergingMicros: await microsOf(merging, (paths) => counter.count(paths)),
    awaitedMicros: await microsOf(awaited, (paths) => countOneByOne(counter, paths)),
  };
}

async function microsOf(
  increments: number,
  count: (paths: readonly string[]) => Promise<void>,
): Promise<number> {
  await count(zipfPaths(warmUpOf(increments), 'warm-up'));
  const paths = zipfPaths(increments);
  globalThis.gc?.();
  return (await cpuMicrosOf(() => count(paths))) / increments;
}

async function countOneByOne(counter: SingleCounter, paths: readonly string[]): Promise<void> {
  for (const path of paths) await counter.countOne(path);
}
