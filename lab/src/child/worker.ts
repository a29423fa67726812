import { type Backend, createBuffer, createWorker, type Sink } from '@sluice/core';
import { redis } from '@sluice/redis';
import { seededRandom } from '@sluice/testing';
import { COMMAND_TIMEOUT_MS, type WorkerSettings } from '../settings.js';
import { processing } from './hooked-client.js';
import { jumpingClock } from './jumping-clock.js';
import { settings } from './link.js';
import { obeyDriver } from './obey.js';
import { openSink } from './sink.js';
import { pass } from './stops.js';
import { wrap } from './wrap.js';

const { seed, redisUrl, databaseUrl, partitions, batchSize, leaseMs, maxAttempts, slowShare } =
  settings<WorkerSettings>();
const random = seededRandom(seed);
const clock = jumpingClock();
const database = openSink(databaseUrl, partitions, { share: slowShare, ms: 0.8 * leaseMs, random });
const buffer = createBuffer({
  backend: withPoints(redis({ url: redisUrl, commandTimeoutMs: COMMAND_TIMEOUT_MS })),
  sink: watched(database.sink),
  partitions,
  batchSize,
  leaseMs,
  maxAttempts,
  retryDelay: () => 20 + 80 * random(),
  writeTimeoutMs: 5000,
  closeTimeoutMs: 5000,
  concurrency: partitions,
  clock,
});
buffer.on('error', () => {});
const worker = createWorker(buffer, { intervalMs: 30, onError: () => {}, clock });

obeyDriver(clock, async () => {
  await worker.stop();
  await buffer.close();
  await database.close();
});

function watched(sink: Sink): Sink {
  const hooked: Sink = (batch, context) => {
    pass('after claim');
    return processing.run(batch.id, () => sink(batch, context));
  };
  if (sink.giveUp) {
    hooked.giveUp = (batch, context) =>
      processing.run(batch.id, async () => (await sink.giveUp?.(batch, context)) ?? { rejected: [] });
  }
  return hooked;
}

function withPoints(backend: Backend): Backend {
  return wrap(backend, {
    claim(partition, request) {
      const answer = backend.claim(partition, request);
      setImmediate(() => pass('during claim'));
      return answer;
    },
    async ack(partition, token) {
      const acked = await backend.ack(partition, token);
      pass('after ack');
      return acked;
    },
  });
}
