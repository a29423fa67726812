import { type Backend, type Buffer, createBuffer } from '@sluice/core';
import { sluiceOnRedis } from '../sluice.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { WARM_UP_PREFIX } from './grow.js';

const PARTITIONS = 8;

export interface ShrinkSettings {
  readonly redisPort: number;
  readonly targets: number;
}

export type ShrinkFigures = {
  readonly secondsPerTarget: number;
  /** The most that the process had while it drained. */
  readonly residentBytes: number;
  /** What is reachable at the end. */
  readonly heapBytes: number;
};

/** Takes some of the server's backlog away, and measures what a target takes. */
export async function run({ redisPort, targets }: ShrinkSettings): Promise<ShrinkFigures> {
  await warmUp(redisPort, targets);
  await using worker = openWorker(sluiceOnRedis(redisPort));
  await worker.stats(); // connects
  let taken = { entries: 0, residentBytes: 0 };
  const seconds = await secondsOf(async () => {
    taken = await take(worker, targets);
  });
  globalThis.gc?.();
  return {
    secondsPerTarget: seconds / taken.entries,
    residentBytes: taken.residentBytes,
    heapBytes: process.memoryUsage().heapUsed,
  };
}

async function warmUp(port: number, targets: number): Promise<void> {
  await using worker = openWorker(sluiceOnRedis(port, WARM_UP_PREFIX));
  await take(worker, warmUpOf(targets));
}

function openWorker(backend: Backend): Buffer {
  return createBuffer({ backend, sink: async () => {}, partitions: PARTITIONS, batchSize: 1000 });
}

async function take(worker: Buffer, atLeast: number): Promise<{ entries: number; residentBytes: number }> {
  let entries = 0;
  let residentBytes = 0;
  for (let partition = 0; entries < atLeast; partition = (partition + 1) % PARTITIONS) {
    const claim = await worker.claim(partition);
    if (claim.status !== 'leased') throw new Error(`Partition ${partition} is ${claim.status}.`);
    await worker.process(claim.lease);
    entries += claim.lease.batch.entries.length;
    residentBytes = Math.max(residentBytes, process.memoryUsage.rss());
  }
  return { entries, residentBytes };
}
