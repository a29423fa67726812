import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { describe, expect, test } from 'vitest';
import { setup, slowSink } from './processing-world.js';

/** A batch that failed once, and waits. */
async function waiting(...args: Parameters<typeof setup>) {
  const world = setup(...args);
  await Promise.all([world.count(1), world.count(2)]);
  world.sink.fail(new Error('the check constraint'));
  await world.buffer.processPending();
  return world;
}

describe('a batch that waits is given up by request', () => {
  test('at once, with its last error, and is settled', async () => {
    const { buffer, events, sink } = await waiting();
    expect(await buffer.giveUp(0)).toEqual({
      status: 'settled',
      batchId: sink.deliveries[0]?.id,
      applied: 0,
      buried: 2,
    });
    expect(sink.deliveries).toHaveLength(1);
    expect(events.buried).toMatchObject([
      { reason: 'Given up by request; its last error was: the check constraint' },
    ]);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 2 });
    expect(await buffer.giveUp(0)).toEqual({ status: 'empty' });
  });

  test('through the sink, which says what became of it', async () => {
    const { buffer, events, sink } = await waiting();
    sink.giveUp = async () => ({ rejected: [{ index: 1, reason: 'as committed' }] });
    expect(await buffer.giveUp(0)).toMatchObject({ status: 'settled', applied: 1, buried: 1 });
    expect(events.processed).toMatchObject([{ entries: [{ filters: { id: 1 } }] }]);
  });

  test('unless the sink throws: then it is kept', async () => {
    const { buffer, clock, events, sink } = await waiting();
    const gone = new Error('connection refused');
    sink.giveUp = () => Promise.reject(gone);
    await expect(buffer.giveUp(0)).rejects.toBe(gone);
    expect(events.retry.at(-1)).toMatchObject({ error: gone });
    expect(await buffer.stats()).toMatchObject({ claimed: 2, dead: 0 });
    await clock.advance(60_000);
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  });

  test('but not while a worker holds it', async () => {
    const { sink, gate } = slowSink();
    const { buffer, clock, count } = setup({ sink });
    await count();
    const done = buffer.processPending();
    await clock.advance(500);
    expect(await buffer.giveUp(0)).toEqual({ status: 'busy', forMs: 2500 });
    gate.open();
    expect(await done).toMatchObject({ batches: 1 });
  });

  test('also in a partition beyond those of the buffer', async () => {
    const { buffer, clock, store } = await waiting();
    const smaller = createBuffer({ backend: store, clock, sink: async () => {}, partitions: 1 });
    await buffer.giveUp(0);
    expect(await smaller.giveUp(4095)).toEqual({ status: 'empty' });
  });
});

test('what is pending, and in no batch, is not given up', async () => {
  const { buffer, count, sink } = setup();
  await count();
  expect(await buffer.giveUp(0)).toEqual({ status: 'empty' });
  expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  expect(sink.deliveries).toMatchObject([{ attempt: 1 }]);
});

test('a batch that was made since the request is applied, not given up', async () => {
  let settleFirst = async (): Promise<void> => {};
  const { buffer, clock, count, sink, store } = await waiting({ batchSize: 2 }, (store) => ({
    async claim(partition, request) {
      if (request.early) await settleFirst();
      return store.claim(partition, request);
    },
  }));
  await count(3);
  const other = createBuffer({ backend: store, clock, sink, partitions: 1, batchSize: 2 });
  settleFirst = async () => {
    await clock.advance(60_000);
    const claim = await other.claim(0);
    if (claim.status === 'leased') await other.process(claim.lease);
  };
  expect(await buffer.giveUp(0)).toEqual({ status: 'empty' });
  expect(sink.total('Page', 'views')).toBe(3);
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
});

test.each([-1, 4096, 1.5, '0', undefined])('the partition %o is refused', async (partition) => {
  const { buffer } = setup();
  await expect(buffer.giveUp(partition as number)).rejects.toMatchObject({
    code: 'ERR_SLUICE_INVALID_PARTITION',
  });
});

test('a buffer without a sink, or one that is closed, gives nothing up', async () => {
  const buffer = createBuffer({ backend: memory() });
  await expect(buffer.giveUp(0)).rejects.toMatchObject({ code: 'ERR_SLUICE_NO_SINK' });
  await buffer.close();
  await expect(buffer.giveUp(0)).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED' });
});
