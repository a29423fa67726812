import { expect, test } from 'vitest';
import { setup, slowSink } from './processing-world.js';

const timedOut = { name: 'ProcessingError', code: 'ERR_SLUICE_SINK_TIMEOUT' };

test('a sink that hangs is given up after sinkTimeoutMs, and its batch given back', async () => {
  const { sink, signals, batches } = slowSink();
  const { buffer, clock, count, events } = setup({
    sink,
    sinkTimeoutMs: 5000,
    maxAttempts: 1,
    giveUpAfterMs: 0,
    retryDelay: () => 700,
  });
  await count();
  const done = buffer.processPending();
  await clock.advance(4999);
  expect(signals[0]?.aborted).toBe(false);
  await clock.advance(1);
  expect(signals[0]?.reason).toMatchObject(timedOut);
  expect(await done).toMatchObject({ retried: 1, buried: 0, dueInMs: 700 });
  expect(events.retry).toMatchObject([
    { batch: { id: batches[0]?.id }, error: timedOut, isVerdict: false, failures: 0 },
  ]);
  expect(clock.timers).toBe(0);
  await clock.advance(700);
  expect(await buffer.claim(0)).toMatchObject({ status: 'leased', lease: { batch: { attempt: 2 } } });
});

test.each(['open', 'fail'] as const)('what it does later changes nothing: %s', async (how) => {
  const { sink, gate } = slowSink();
  const { buffer, clock, count, events } = setup({ sink, sinkTimeoutMs: 5000 });
  await count();
  const done = buffer.processPending();
  await clock.advance(5000);
  await done;
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listener);
  gate[how](new Error('late'));
  await clock.advance(1);
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
  expect(events.processed).toEqual([]);
  expect(await buffer.stats()).toMatchObject({ claimed: 1, dead: 0 });
});

test('the timeout is the reason, whatever the sink throws then', async () => {
  const { buffer, clock, count, events } = setup({
    sinkTimeoutMs: 5000,
    sink: (_, { signal }) =>
      new Promise((__, reject) => {
        signal.addEventListener('abort', () => reject(new Error('rolled back')));
      }),
  });
  await count();
  const done = buffer.processPending();
  await clock.advance(5000);
  await done;
  expect(events.retry).toMatchObject([{ error: timedOut }]);
});

test('giving up is limited, too', async () => {
  const { buffer, clock, count, sink } = setup({ sinkTimeoutMs: 5000, maxAttempts: 1, giveUpAfterMs: 0 });
  sink.giveUp = () => new Promise(() => {});
  await count();
  sink.fail(new Error('no'));
  const done = buffer.processPending();
  await clock.advance(5000);
  expect(await done).toMatchObject({ retried: 1, buried: 0 });
  await clock.advance(1000);
  const asked = expect(buffer.giveUp(0)).rejects.toMatchObject(timedOut);
  await clock.advance(5000);
  await asked;
});

test('by default a sink has ten times leaseMs', async () => {
  const { sink, signals } = slowSink();
  const { buffer, clock, count } = setup({ sink, leaseMs: 300 });
  await count();
  const done = buffer.processPending();
  await clock.advance(2999);
  expect(signals[0]?.aborted).toBe(false);
  await clock.advance(1);
  expect(signals[0]?.aborted).toBe(true);
  await done;
});

test('a close that runs out of time leaves no timer of a sink that hangs', async () => {
  const { sink } = slowSink();
  const { buffer, clock, count } = setup({ sink });
  await count();
  void buffer.processPending();
  await clock.advance(0);
  const closed = buffer.close();
  await clock.advance(10_000);
  await closed;
  expect(clock.timers).toBe(0);
});
