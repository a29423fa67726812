import { setTimeout as sleep } from 'node:timers/promises';
import { type Buffer, createBuffer, createWorker, type Sink, SinkUnavailableError } from '@sluice/core';
import { redis } from '@sluice/redis';
import { seededRandom, startRedisServer } from '@sluice/testing';

const PARTITIONS = 8;
const TICK_MS = 100;
const quiet = { warn: () => {}, error: () => {} };

/** A Redis that a service counts in, and workers apply from, until this is disposed of. */
export interface Counters extends AsyncDisposable {
  readonly url: string;
}

/** Starts them: one partition is locked out of its table, one is slow, and now and then a row is refused. */
export async function startCounters(): Promise<Counters> {
  const server = await startRedisServer({ appendonly: 'yes', appendfsync: 'always' });
  const backend = () => redis({ url: server.url });
  const service = createBuffer({ backend: backend(), partitions: PARTITIONS, logger: quiet });
  const appliers = [1, 2].map((seed) =>
    createBuffer({ backend: backend(), sink: sink(seed), workerName: `worker-${seed}`, logger: quiet }),
  );
  const workers = appliers.map((buffer) => createWorker(buffer));
  const timer = startLoad(service);
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([service, ...appliers].map((buffer) => buffer.close()));
      await server.stop();
    },
  };
}

/** A load that comes and goes, of pages of which some are seen more often. */
function startLoad(service: Buffer): NodeJS.Timeout {
  const random = seededRandom(7);
  let tick = 0;
  return setInterval(() => {
    tick += 1;
    const increments = Math.round(120 + 90 * Math.sin(tick / 30) + 30 * random());
    for (let i = 0; i < increments; i += 1)
      service.count('Page', { views: 1 }, { path: `/docs/${Math.floor(random() ** 2 * 4000)}` });
  }, TICK_MS);
}

function sink(seed: number): Sink {
  const random = seededRandom(seed);
  return async ({ partition, entries }) => {
    if (partition === 5) throw new SinkUnavailableError('canceling statement due to lock timeout');
    await sleep(partition === 2 ? 2600 : 200 * random());
    const rejected = entries.flatMap((_, index) =>
      random() < 0.0005
        ? [{ index, reason: 'new row for relation "pages" violates check constraint "pages_views_check"' }]
        : [],
    );
    return { rejected };
  };
}
