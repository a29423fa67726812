import { type Sink, SinkUnavailableError } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { setup, slowSink } from './processing-world.js';
import { away } from './wrap.js';

const DAY_MS = 86_400_000;
const noDelay = { retryDelay: () => 0 };

test('a batch is given up when it failed often enough, and is old enough', async () => {
  const { buffer, clock, count, events, sink } = setup({ ...noDelay, maxAttempts: 3 });
  await count();
  sink.fail(new Error('no'), { times: 9 });
  for (let delivery = 1; delivery < 7; delivery += 1) await buffer.processPending();
  expect(events.retry.map(({ failures }) => failures)).toEqual([1, 2, 3, 4, 5, 6]);
  await clock.advance(DAY_MS - 1);
  expect(await buffer.processPending()).toMatchObject({ retried: 1, buried: 0 });
  await clock.advance(1);
  expect(await buffer.processPending()).toMatchObject({ retried: 0, buried: 1 });
  expect(events.buried).toMatchObject([{ reason: 'no' }]);
});

test('an old batch that failed too seldom is kept', async () => {
  const { buffer, clock, count, sink } = setup({ ...noDelay, maxAttempts: 2 });
  await count();
  sink.fail(new Error('no'), { times: 2 });
  await buffer.processPending();
  await clock.advance(300 * DAY_MS);
  expect(await buffer.processPending()).toMatchObject({ buried: 1 });

  await count();
  sink.fail(new Error('no'));
  await buffer.claim(0);
  await clock.advance(300 * DAY_MS);
  expect(await buffer.processPending()).toMatchObject({ retried: 1, buried: 0 });
});

test('the age of a batch goes on while its sink runs', async () => {
  const { sink, gate } = slowSink();
  const { buffer, clock, count, events } = setup({ sink, maxAttempts: 1, giveUpAfterMs: 1000 });
  await count();
  const done = buffer.processPending();
  await clock.advance(1000);
  gate.fail(new Error('no'));
  expect(await done).toMatchObject({ buried: 1 });
  expect(events.retry).toEqual([]);
});

describe('no verdict, so it never counts, is', () => {
  const once = { ...noDelay, maxAttempts: 1, giveUpAfterMs: 0 };

  test('an error by which the sink says so, of another copy of the package, too', async () => {
    const { buffer, count, events, sink } = setup(once);
    await count();
    class SinkUnavailableError extends Error {}
    sink.fail(new SinkUnavailableError('not branded'));
    expect(await buffer.processPending()).toMatchObject({ buried: 1 });

    await count();
    sink.fail(unavailable, { times: 50 });
    for (let delivery = 0; delivery < 50; delivery += 1) {
      expect(await buffer.processPending()).toMatchObject({ retried: 1, buried: 0 });
    }
    expect(events.retry.at(-1)).toMatchObject({ error: unavailable, isVerdict: false, failures: 0 });
    expect(await buffer.stats()).toMatchObject({
      partitions: [{ batch: { failures: 0, lastError: 'The database is away' } }],
    });
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  });

  test('a lease that ran out, since its worker died', async () => {
    const { buffer, claim, clock, count, sink } = setup(once);
    await count();
    for (let worker = 0; worker < 20; worker += 1) {
      await claim();
      await clock.advance(3000);
    }
    expect(await buffer.processPending()).toMatchObject({ batches: 1, buried: 0 });
    expect(sink.deliveries).toMatchObject([{ attempt: 21 }]);
  });

  test('a claim whose reply was lost', async () => {
    let lost = 0;
    const { buffer, clock, count, sink } = setup({ ...once, writeTimeoutMs: 10 }, (store) => ({
      async claim(partition, request) {
        const claimed = await store.claim(partition, request);
        if (lost >= 20) return claimed;
        lost += 1;
        throw away('unknown');
      },
    }));
    await count();
    while (lost < 20) {
      await expect(buffer.processPending()).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' });
      await clock.advance(3000);
    }
    expect(await buffer.processPending()).toMatchObject({ batches: 1, buried: 0 });
    expect(sink.deliveries).toMatchObject([{ attempt: 21 }]);
  });

  test('what a sink throws because its lease is lost', async () => {
    const sink: Sink = (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('rolled back')));
      });
    const { buffer, clock, count, events } = setup({ ...once, sink }, () => ({
      renew: () => Promise.reject(away('refused')),
    }));
    await count();
    const done = buffer.processPending();
    await clock.advance(3000);
    expect(await done).toMatchObject({ retried: 1, buried: 0 });
    expect(events.retry).toMatchObject([{ isVerdict: false, failures: 0 }]);
  });
});

const unavailable = new SinkUnavailableError('The database is away');

test('the error by which a sink says that it came to no verdict has a code, or a more precise one', () => {
  const cause = new Error('ECONNREFUSED');
  expect(new SinkUnavailableError('away', { cause })).toMatchObject({
    name: 'SinkUnavailableError',
    code: 'ERR_SLUICE_SINK_UNAVAILABLE',
    cause,
  });
  expect(new SinkUnavailableError('away', { code: 'ERR_SLUICE_SINK_READONLY' }).code).toBe(
    'ERR_SLUICE_SINK_READONLY',
  );
});

test('a sink is given the reason of the delivery that was the last straw', async () => {
  const reasons: string[] = [];
  const { buffer, count, sink } = setup({ ...noDelay, maxAttempts: 2, giveUpAfterMs: 0 });
  sink.giveUp = async (batch, { reason }) => {
    reasons.push(reason);
    return { rejected: batch.entries.map((_, index) => ({ index, reason })) };
  };
  await count();
  for (const error of [new Error('first'), unavailable, new Error('last')]) {
    sink.fail(error);
    await buffer.processPending();
  }
  expect(reasons).toEqual(['last']);
});

test('a batch that its sink fails to give up is kept, and tried again', async () => {
  const { buffer, count, events, sink } = setup({ ...noDelay, maxAttempts: 1, giveUpAfterMs: 0 });
  sink.giveUp = () => Promise.reject(unavailable);
  await count();
  sink.fail(new Error('no'));
  expect(await buffer.processPending()).toMatchObject({ retried: 1, buried: 0 });
  expect(events.retry).toMatchObject([{ error: unavailable, isVerdict: false, failures: 0 }]);
  expect(await buffer.processPending()).toMatchObject({ batches: 1 });
});

test('a claim asks for the bytes of a batch, and never for one before it is due', async () => {
  const requests: object[] = [];
  const { buffer, count } = setup({ batchSize: 7 }, (store) => ({
    claim(partition, request) {
      requests.push(request);
      return store.claim(partition, request);
    },
  }));
  await count();
  await buffer.processPending();
  expect(requests).toMatchObject([{ size: 7, bytes: 256 * 1024, early: false, leaseMs: 3000 }]);
});
