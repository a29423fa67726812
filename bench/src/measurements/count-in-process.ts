import type { Counter } from '../counter.js';
import { openMap } from '../peers/map.js';
import { openSums } from '../peers/sums.js';
import { openSluice, sluiceInMemory } from '../sluice.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { zipfPaths } from '../workload.js';

const LINGER_MS = 1000;

const OPEN = {
  sluice: () => openSluice({ backend: sluiceInMemory(), lingerMs: LINGER_MS }),
  map: openMap,
  sums: openSums,
} satisfies Record<string, () => Promise<Counter>>;

export interface CountInProcessSettings {
  readonly counter: keyof typeof OPEN;
  readonly increments: number;
}

export type CountInProcessFigures = { readonly perSecond: number };

/** Counts views without a server. */
export async function run({ counter, increments }: CountInProcessSettings): Promise<CountInProcessFigures> {
  await warmUp(counter, increments);
  const paths = zipfPaths(increments);
  await using contestant = await OPEN[counter]();
  const seconds = await secondsOf(() => contestant.count(paths));
  return { perSecond: increments / seconds };
}

async function warmUp(counter: keyof typeof OPEN, increments: number): Promise<void> {
  await using contestant = await OPEN[counter]();
  await contestant.count(zipfPaths(warmUpOf(increments), 'warm-up'));
}
