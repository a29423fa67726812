import { setTimeout } from 'node:timers/promises';
import { quantile } from 'simple-statistics';
import { epochMs } from './arrivals.js';
import { allReady, go } from './gate.js';
import type { Measure } from './measure.js';
import type { LoadFigures, LoadSettings } from './measurements/load.js';
import { RedisMeter } from './redis-meter.js';

// From the signal until the first increment is due.
const LEAD_MS = 500;

export interface FleetSettings extends Omit<LoadSettings, 'seed'> {
  readonly processes: number;
  /** For how long Redis is looked at before anything is counted. */
  readonly idleSeconds: number;
}

export type FleetFigures = {
  /** Increments that were acknowledged. */
  readonly perSecond: number;
  /** CPU time of Redis an increment, less what it takes when idle with the same connections. */
  readonly redisMicros: number;
  /** Of a core. */
  readonly redisShare: number;
  /** Commands that Redis ran, those within scripts included. */
  readonly commandsPerSecond: number;
  /** Calls of scripts, or of HINCRBY. */
  readonly requestsPerSecond: number;
  /** CPU time of the counting processes an increment, its arrival included. */
  readonly clientMicros: number;
  readonly p50: number;
  readonly p99: number;
};

/** What Redis says of itself at a moment. */
export interface Reading {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly commands: number;
  readonly requests: number;
}

/** Lets one or more processes count at a given rate each, and measures them and Redis at the same time. */
export async function fleet(
  measure: Measure,
  { processes, idleSeconds, ...load }: FleetSettings,
): Promise<FleetFigures> {
  const { redisPort, warmUpSeconds, seconds } = load;
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  const request = load.counter === 'sluice' ? 'evalsha' : 'hincrby';
  const read = async (): Promise<Reading> => ({
    at: epochMs(),
    cpuSeconds: await meter.cpuSeconds(),
    commands: await meter.commands(),
    requests: await meter.calls(request),
  });
  const loads = Promise.all(
    Array.from({ length: processes }, (_, i) => measure('load', { ...load, seed: i + 1 })),
  );
  const measured = async (): Promise<[idleShare: number, from: Reading, to: Reading]> => {
    await allReady(redisPort, processes);
    const idle = await read();
    await setTimeout(idleSeconds * 1000);
    const idleShare = shareOf(idle, await read());
    const startAt = epochMs() + LEAD_MS;
    await go(redisPort, processes, startAt);
    await setTimeout(startAt + warmUpSeconds * 1000 - epochMs());
    const from = await read();
    await setTimeout(startAt + (warmUpSeconds + seconds) * 1000 - epochMs());
    return [idleShare, from, await read()];
  };
  const [figures, [idleShare, from, to]] = await Promise.all([loads, measured()]);
  return summed(figures, seconds, idleShare, from, to);
}

/** The share of a core between two readings. */
export function shareOf(from: Reading, to: Reading): number {
  return (to.cpuSeconds - from.cpuSeconds) / ((to.at - from.at) / 1000);
}

/** The figures of all processes, and of Redis between two readings. */
export function summed(
  figures: readonly LoadFigures[],
  seconds: number,
  idleShare: number,
  from: Reading,
  to: Reading,
): FleetFigures {
  const total = (of: (figures: LoadFigures) => number): number =>
    figures.reduce((sum, each) => sum + of(each), 0);
  const counted = total((each) => each.counted);
  const perSecond = counted / seconds;
  const redisShare = shareOf(from, to) - idleShare;
  const elapsed = (to.at - from.at) / 1000;
  const latencies = figures.flatMap((each) => each.latencies);
  return {
    perSecond,
    redisMicros: (redisShare * 1e6) / perSecond,
    redisShare,
    commandsPerSecond: (to.commands - from.commands) / elapsed,
    requestsPerSecond: (to.requests - from.requests) / elapsed,
    clientMicros: total((each) => each.cpuMicros) / counted,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
