import { setTimeout } from 'node:timers/promises';
import { createBuffer } from '@sluice/core';
import { arrive, epochMs, poissonTimes } from '../arrivals.js';
import type { SingleCounter } from '../counter.js';
import { ready } from '../gate.js';
import { openHincrby } from '../peers/hincrby.js';
import { sluiceOnRedis } from '../sluice.js';
import { zipfPaths } from '../workload.js';

/** Of Sluice; what is left out is as by default. */
export interface CountingOptions {
  readonly lingerMs?: number;
  readonly partitions?: number;
}

const OPEN = {
  nothing: async () => ({ countOne: async () => {}, [Symbol.asyncDispose]: async () => {} }),
  hincrby: (port: number) => openHincrby(port, false),
  autopipelining: (port: number) => openHincrby(port, true),
  sluice: openCounting,
} satisfies Record<string, (port: number, options: CountingOptions) => Promise<One>>;

type One = Pick<SingleCounter, 'countOne' | typeof Symbol.asyncDispose>;

export interface LoadSettings {
  /** `nothing` shows what the increments' arrival takes of the process. */
  readonly counter: keyof typeof OPEN;
  readonly options: CountingOptions;
  readonly redisPort: number;
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly seed: number;
}

/** What one process did in the seconds that count. */
export interface LoadFigures {
  /** Increments that were acknowledged. */
  readonly counted: number;
  readonly cpuMicros: number;
  /** Milliseconds from the moment at which each increment was due to its acknowledgement. */
  readonly latencies: readonly number[];
}

/** Counts views that arrive at random, whether the last ones are acknowledged or not. */
export async function run(settings: LoadSettings): Promise<LoadFigures> {
  const { counter, options, redisPort, perSecond, warmUpSeconds, seconds, seed } = settings;
  const times = poissonTimes(perSecond, warmUpSeconds + seconds, seed);
  const paths = zipfPaths(times.length, 'docs', seed);
  await using contestant: One = await OPEN[counter](redisPort, options);
  const startAt = await ready(redisPort);

  const latencies: number[] = [];
  const calls: Promise<void>[] = [];
  let counted = 0;
  const issue = async (i: number): Promise<void> => {
    await contestant.countOne(paths[i] as string);
    counted += 1;
    const dueAt = times[i] as number;
    if (dueAt >= warmUpSeconds * 1000) latencies.push(epochMs() - startAt - dueAt);
  };
  const window = measured(() => counted, startAt + warmUpSeconds * 1000, seconds);
  await arrive(times, startAt, (i) => calls.push(issue(i)));
  await Promise.all(calls);
  return { ...(await window), latencies };
}

async function measured(count: () => number, from: number, seconds: number) {
  await setTimeout(from - epochMs());
  const cpu = process.cpuUsage();
  const before = count();
  await setTimeout(from + seconds * 1000 - epochMs());
  const { user, system } = process.cpuUsage(cpu);
  return { counted: count() - before, cpuMicros: user + system };
}

async function openCounting(port: number, options: CountingOptions): Promise<One> {
  const buffer = createBuffer({ backend: sluiceOnRedis(port), ...options });
  await buffer.stats(); // connects
  return {
    countOne: (path) => buffer.incr('Page', { views: 1 }, { path }),
    [Symbol.asyncDispose]: () => buffer.close(),
  };
}
