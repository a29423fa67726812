import { type Backend, createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster, startRedisSentinels } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { quantileSorted } from 'simple-statistics';
import { arrive, epochMs, poissonTimes } from '../arrivals.js';
import { openSluice, openSluiceDrain } from '../sluice.js';
import { distinctPaths, zipfPaths } from '../workload.js';

type Servers = AsyncDisposable & { readonly url: string };

const LAYOUTS = {
  'one master': () => startRedisServer(),
  'one master, two replicas': () => startRedisSentinels(),
  'three masters': () => startRedisCluster({ masters: 3 }),
} satisfies Record<string, () => Promise<Servers>>;

export type Layout = keyof typeof LAYOUTS;

export interface NodesSettings {
  readonly layout: Layout;
  /** How many replicas must have a claim before its sink runs; 0: `durability` is left out. */
  readonly replicas: number;
  /** Whether increments wait for them, too. */
  readonly writes: boolean;
  readonly targets: number;
  /** Of the latencies. */
  readonly perSecond: number;
  readonly seconds: number;
}

export type NodesFigures = {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** Milliseconds from the moment at which an increment was due to its acknowledgement. */
  readonly p50: number;
  readonly p99: number;
};

/** Counts one view of each of many pages, drains them, and then counts at a steady rate. */
export async function run(settings: NodesSettings): Promise<NodesFigures> {
  const { layout, replicas, writes, targets, perSecond, seconds } = settings;
  await using servers: Servers = await LAYOUTS[layout]();
  const durability = { replicas, timeoutMs: 2000, writes };
  const open = (): Backend => redis({ url: servers.url, ...(replicas > 0 && { durability }) });
  const inPerSecond = await rate(targets, async () => {
    await using counter = await openSluice({ backend: open(), lingerMs: 0 });
    await counter.count(distinctPaths(0, targets));
  });
  const outPerSecond = await rate(targets, async () => {
    await using drain = await openSluiceDrain(open());
    const drained = await drain.drain();
    if (drained !== targets) throw new Error(`Drained ${drained} targets of ${targets}.`);
  });
  const sorted = await latencies(open(), poissonTimes(perSecond, seconds, 1));
  return { inPerSecond, outPerSecond, p50: quantileSorted(sorted, 0.5), p99: quantileSorted(sorted, 0.99) };
}

async function rate(targets: number, work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return (targets * 1000) / (performance.now() - since);
}

async function latencies(backend: Backend, times: Float64Array): Promise<number[]> {
  await using buffer = createBuffer({ backend });
  await buffer.stats(); // connects
  const startAt = epochMs() + 100;
  const paths = zipfPaths(times.length);
  const calls: Promise<number>[] = [];
  const issue = async (i: number): Promise<number> => {
    await buffer.incr('Page', { views: 1 }, { path: paths[i] as string });
    return epochMs() - startAt - (times[i] as number);
  };
  await arrive(times, startAt, (i) => calls.push(issue(i)));
  return (await Promise.all(calls)).sort((a, b) => a - b);
}
