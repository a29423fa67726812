import { setTimeout } from 'node:timers/promises';
import { createBuffer, createWorker } from '@sluice/core';
import { RedisMeter } from '../redis-meter.js';
import { sluiceOnRedis } from '../sluice.js';
import { distinctPaths } from '../workload.js';

const PARTITIONS = 8;
const WORKERS = 10;
// A quarter of this is what a batch holds at most.
const TARGETS = 1000;
const NOTE = 'x'.repeat(8190);
const INTERVAL_MS = 100;

export interface PollsSettings {
  readonly redisPort: number;
  readonly seconds: number;
  /** Whether every partition has a batch that another worker holds; or else there is nothing at all. */
  readonly busy: boolean;
}

/** The share of a core that Redis takes. */
export type PollsFigures = { readonly cpuShare: number };

/** Lets many workers ask for work that there is not. */
export async function run({ redisPort, seconds, busy }: PollsSettings): Promise<PollsFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  await using holder = openBuffer(redisPort);
  if (busy) await hold(holder);
  const buffers = Array.from({ length: WORKERS }, () => openBuffer(redisPort));
  const workers = buffers.map((buffer) => createWorker(buffer, { intervalMs: INTERVAL_MS }));
  await setTimeout(500); // They have connected.
  const before = await meter.cpuSeconds();
  await setTimeout(seconds * 1000);
  const cpuShare = ((await meter.cpuSeconds()) - before) / seconds;
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all(buffers.map((buffer) => buffer.close()));
  return { cpuShare };
}

function openBuffer(port: number) {
  return createBuffer({
    backend: sluiceOnRedis(port),
    sink: async () => {},
    partitions: PARTITIONS,
    batchSize: 10_000,
    leaseMs: 600_000,
  });
}

/** Leases a batch of the largest size in every partition. */
async function hold(buffer: ReturnType<typeof openBuffer>): Promise<void> {
  await Promise.all(
    distinctPaths(0, TARGETS).map((path) => buffer.incr('Page', { views: 1 }, { path }, { note: NOTE })),
  );
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const { status } = await buffer.claim(partition);
    if (status !== 'leased') throw new Error(`Partition ${partition} is ${status}.`);
  }
}
