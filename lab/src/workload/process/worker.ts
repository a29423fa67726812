import { type Backend, createBuffer, createWorker, type Sink } from '@sluice/core';
import { seededRandom } from '@sluice/testing';
import type { WorkerSettings } from '../settings.js';
import { obeyDriver } from './commands.js';
import { settings } from './driver.js';
import { reach } from './failpoint.js';
import { currentBatch } from './instrumented-query.js';
import { jumpingClock } from './jumping-clock.js';
import { openBackend } from './open-backend.js';
import { quietLogger } from './quiet-logger.js';
import { openSink } from './sink.js';

const own = settings<WorkerSettings>();
const { seed, partitions, batchSize, leaseMs, maxAttempts, slowShare } = own;
const random = seededRandom(seed);
const clock = jumpingClock();
const database = openSink(own, { share: slowShare, maxMs: 0.8 * leaseMs, random });
const buffer = createBuffer({
  backend: withFailpoints(openBackend(own)),
  sink: instrumented(database.sink),
  partitions,
  batchSize,
  leaseMs,
  maxAttempts,
  // A batch in which the database takes nothing might mean that something is wrong with the database.
  giveUpAfterMs: 1000,
  retryDelay: () => 20 + 80 * random(),
  writeTimeoutMs: 5000,
  closeTimeoutMs: 5000,
  concurrency: partitions,
  clock,
  logger: quietLogger,
});
const worker = createWorker(buffer, { intervalMs: 30, clock });

obeyDriver(clock, async () => {
  await worker.stop();
  await buffer.close();
  await database.close();
});

/** The sink with a failpoint; its database client knows which batch it is applying. */
function instrumented(sink: Sink): Sink {
  const outer: Sink = (batch, context) => {
    reach('after claim');
    return currentBatch.run(batch.id, () => sink(batch, context));
  };
  if (sink.giveUp) {
    outer.giveUp = (batch, context) =>
      currentBatch.run(batch.id, async () => (await sink.giveUp?.(batch, context)) ?? { rejected: [] });
  }
  return outer;
}

function withFailpoints(backend: Backend): Backend {
  const claim = backend.claim.bind(backend);
  const ack = backend.ack.bind(backend);
  const ackAndClaim = backend.ackAndClaim.bind(backend);
  backend.claim = (partition, request) => {
    const claiming = claim(partition, request);
    setImmediate(() => reach('during claim'));
    return claiming;
  };
  backend.ackAndClaim = async (partition, token, next) => {
    const acking = ackAndClaim(partition, token, next);
    setImmediate(() => reach('during claim'));
    const result = await acking;
    reach('after ack');
    return result;
  };
  backend.ack = async (partition, token) => {
    const result = await ack(partition, token);
    reach('after ack');
    return result;
  };
  return backend;
}
