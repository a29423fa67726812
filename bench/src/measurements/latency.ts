import { setImmediate } from 'node:timers/promises';
import { quantileSorted } from 'simple-statistics';
import type { SingleCounter } from '../counter.js';
import { openHincrby } from '../peers/hincrby.js';
import { RedisMeter } from '../redis-meter.js';
import { openSluice, sluiceOnRedis } from '../sluice.js';
import { zipfPaths } from '../workload.js';

const PER_SECOND = 20_000;

const OPEN = {
  sluice: (port: number) => openSluice({ backend: sluiceOnRedis(port), lingerMs: 0 }),
  hincrby: (port: number) => openHincrby(port, false),
} satisfies Record<string, (port: number) => Promise<SingleCounter>>;

export interface LatencySettings {
  readonly counter: keyof typeof OPEN;
  readonly redisPort: number;
  readonly seconds: number;
}

/** Milliseconds. */
export type LatencyFigures = {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  /** How long Redis works on one call. */
  readonly serverMicros: number;
};

/**
 * Counts views that arrive on a schedule, whether the last ones are acknowledged or not. The heap is that of the warm-up:
 * a full collection before would have the collector begin anew, with many small collections, as no service does.
 */
export async function run({ counter, redisPort, seconds }: LatencySettings): Promise<LatencyFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  await using contestant = await OPEN[counter](redisPort);
  const countOne = (path: string): Promise<unknown> => contestant.countOne(path);
  await latencies(zipfPaths(PER_SECOND * Math.min(1, seconds), 'warm-up'), countOne);
  const sorted = (await latencies(zipfPaths(PER_SECOND * seconds), countOne)).sort();
  const quantile = (p: number): number => quantileSorted(sorted as unknown as number[], p);
  const serverMicros = await meter.microsPerCall(counter === 'sluice' ? 'evalsha' : 'hincrby');
  return {
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    p999: quantile(0.999),
    serverMicros,
  };
}

/** The milliseconds from the moment at which each path was due to its acknowledgement. */
async function latencies(
  paths: readonly string[],
  countOne: (path: string) => Promise<unknown>,
): Promise<Float64Array> {
  const result = new Float64Array(paths.length);
  const calls: Promise<void>[] = [];
  const startedAt = performance.now();
  const dueAt = (i: number): number => startedAt + (i * 1000) / PER_SECOND;
  const issue = async (i: number): Promise<void> => {
    await countOne(paths[i] as string);
    result[i] = performance.now() - dueAt(i);
  };
  while (calls.length < paths.length) {
    while (calls.length < paths.length && dueAt(calls.length) <= performance.now()) {
      calls.push(issue(calls.length));
    }
    await setImmediate();
  }
  await Promise.all(calls);
  return result;
}
