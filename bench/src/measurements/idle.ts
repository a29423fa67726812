import { setTimeout } from 'node:timers/promises';
import { createBuffer, createWorker } from '@sluice/core';
import { RedisMeter } from '../redis-meter.js';
import { sluiceOnRedis } from '../sluice.js';
import { distinctPaths } from '../workload.js';

const PARTITIONS = 64;
const TARGETS = 5000;

export interface IdleSettings {
  readonly redisPort: number;
  readonly seconds: number;
}

export type IdleFigures = { readonly commandsPerSecond: number };

/** Lets a worker wait for work, with many partitions that had some before. */
export async function run({ redisPort, seconds }: IdleSettings): Promise<IdleFigures> {
  await using meter = await RedisMeter.connect(redisPort);
  await meter.empty();
  await using buffer = createBuffer({
    backend: sluiceOnRedis(redisPort),
    sink: async () => {},
    partitions: PARTITIONS,
  });
  await Promise.all(distinctPaths(0, TARGETS).map((path) => buffer.incr('Page', { views: 1 }, { path })));
  await buffer.processPending();
  const { pending, partitions } = await buffer.stats();
  if (pending > 0 || partitions.length !== PARTITIONS)
    throw new Error('The partitions are not as they must be.');

  await using _worker = createWorker(buffer);
  const before = await meter.commands();
  await setTimeout(seconds * 1000);
  // The first question counts among what the second one sees.
  return { commandsPerSecond: ((await meter.commands()) - before - 1) / seconds };
}
