import { type Backend, createBuffer } from '@sluice/core';
import type { MemoryBackend } from '@sluice/memory';
import { expect, test } from 'vitest';
import { setup, slowSink } from './processing-world.js';
import { away, wrap } from './wrap.js';

/** A partition with one entry a batch. What happens to its data is kept as a list of calls. */
async function drainOf(
  entries: number,
  options: Parameters<typeof setup>[0] = {},
  overrides: (store: MemoryBackend) => Partial<Backend> = () => ({}),
) {
  const calls: string[] = [];
  const noted =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      calls.push(name);
      return call(...args);
    };
  const world = setup({ batchSize: 1, ...options }, (store) => {
    const backend = wrap(store, overrides(store));
    return {
      claim: noted('claim', backend.claim.bind(backend)),
      ack: noted('ack', backend.ack.bind(backend)),
      ackAndClaim: noted('ack and claim', backend.ackAndClaim.bind(backend)),
      nack: noted('nack', backend.nack.bind(backend)),
      bury: noted('bury', backend.bury.bind(backend)),
      renew: noted('renew', backend.renew.bind(backend)),
    };
  });
  await Promise.all(Array.from({ length: entries }, (_, id) => world.count(id)));
  return { ...world, calls };
}

test('while something is left, each batch is claimed with the ack of the one before', async () => {
  const { buffer, calls, sink, events } = await drainOf(3);
  expect(await buffer.processPending()).toMatchObject({ batches: 3, entries: 3, busy: [] });
  expect(calls).toEqual(['claim', 'ack and claim', 'ack and claim', 'ack']);
  expect(sink.deliveries).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }]);
  expect(events.processed.map(({ batch }) => batch)).toEqual(sink.deliveries);
});

test('what came since the drain began is not claimed with an ack', async () => {
  const { buffer, calls, count, store } = await drainOf(2, {
    sink: async () => {
      if (calls.length < 3) await count(100 + calls.length);
    },
  });
  expect(await buffer.processPending()).toMatchObject({ batches: 2 });
  expect(calls).toEqual(['claim', 'ack and claim', 'ack']);
  expect(await store.stats(0)).toMatchObject([{ pending: 2, claimed: 0 }]);
});

test('a caller that claims by itself gets no other lease', async () => {
  const { buffer, calls, claim } = await drainOf(2);
  expect(await buffer.process(await claim())).toBe('applied');
  expect(calls).toEqual(['claim', 'ack']);
});

test('batches that fail, or of which entries are rejected, are settled by themselves', async () => {
  const { buffer, calls, clock } = await drainOf(3, {
    sink: async ({ attempt, entries: [entry] }) => {
      if (entry?.filters.id === 0) return { rejected: [{ index: 0, reason: 'bad' }] };
      if (attempt === 1) throw new Error('no');
      return undefined;
    },
  });
  expect(await buffer.processPending()).toMatchObject({ buried: 1, retried: 1 });
  await clock.advance(60_000);
  await clock.until(buffer.processPending());
  expect(calls.slice(0, 7)).toEqual(['claim', 'bury', 'claim', 'nack', 'claim', 'ack and claim', 'nack']);
});

test('repeated because the reply was lost, it gives the same lease', async () => {
  let lost = 0;
  const { buffer, clock, calls, sink } = await drainOf(3, {}, (store) => ({
    async ackAndClaim(...args) {
      const claimed = await store.ackAndClaim(...args);
      if (lost === 2) return claimed;
      lost += 1;
      throw away('unknown');
    },
  }));
  expect(await clock.until(buffer.processPending())).toMatchObject({ batches: 3, busy: [] });
  expect(calls.filter((call) => call === 'ack and claim')).toHaveLength(4);
  expect(sink.deliveries).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }]);
});

test('repeated when another worker has the next batch, it ends the drain, which reports the partition as busy', async () => {
  let isAway = false;
  const { buffer, clock, store } = await drainOf(2, { writeTimeoutMs: 60_000 }, (store) => ({
    async ackAndClaim(...args) {
      if (isAway) throw away('refused');
      const claimed = await store.ackAndClaim(...args);
      if (claimed !== false && claimed.status !== 'leased') return claimed;
      isAway = true;
      throw away('unknown');
    },
  }));
  const other = createBuffer({ backend: store, clock, partitions: 1 });
  const processing = buffer.processPending();
  await clock.advance(3000);
  expect(await other.claim(0)).toMatchObject({ lease: { batch: { attempt: 2 } } });
  isAway = false;
  expect(await clock.until(processing)).toMatchObject({ batches: 1, busy: [0] });
});

test('too late, it ends the drain: nothing is claimed, and the lost lease is reported', async () => {
  const { sink, gate } = slowSink();
  const { buffer, clock, store, events, calls } = await drainOf(3, { sink }, () => ({
    renew: () => Promise.reject(away('refused')),
  }));
  const other = createBuffer({ backend: store, clock, partitions: 1 });
  const processing = buffer.processPending();
  await clock.advance(3000);
  expect(await other.claim(0)).toMatchObject({ lease: { batch: { attempt: 2 } } });
  gate.open();
  expect(await processing).toMatchObject({ batches: 0, busy: [0] });
  expect(calls.at(-1)).toBe('ack and claim');
  expect(events.error.at(-1)).toMatchObject({ code: 'ERR_SLUICE_LEASE_LOST' });
  expect(await store.stats(0)).toMatchObject([{ pending: 2, batch: { attempt: 2 } }]);
});

test('the lease lasts from before the call: a late reply has it renewed before the sink runs', async () => {
  const { buffer, clock, calls, sink } = await drainOf(2, {}, (store) => ({
    async ackAndClaim(...args) {
      const claimed = await store.ackAndClaim(...args);
      await new Promise<void>((resolve) => void clock.after(1000, resolve));
      return claimed;
    },
  }));
  const processing = buffer.processPending();
  await clock.advance(999);
  expect([calls.at(-1), sink.deliveries.length]).toEqual(['ack and claim', 1]);
  await clock.advance(1);
  expect([calls.slice(-2), sink.deliveries.length]).toEqual([['renew', 'ack'], 2]);
  await processing;
});

test('what was claimed when `close()` is called is processed, and nothing stays leased', async () => {
  let closing: Promise<void> | undefined;
  const { buffer, calls, store } = await drainOf(3, {}, (store) => ({
    ackAndClaim(...args) {
      closing = buffer.close();
      return store.ackAndClaim(...args);
    },
  }));
  expect(await buffer.processPending()).toMatchObject({ batches: 2 });
  await closing;
  expect(calls).toEqual(['claim', 'ack and claim', 'ack']);
  expect(await store.stats(0)).toMatchObject([{ pending: 1, claimed: 0 }]);
});

test('what forbids the claim does not forbid the ack', async () => {
  const { buffer, calls, sink, store } = await drainOf(2, {}, () => ({
    ackAndClaim: () => Promise.reject(away('refused', false)),
  }));
  expect(await buffer.processPending()).toMatchObject({ batches: 2 });
  expect(calls).toEqual(['claim', 'ack and claim', 'ack', 'claim', 'ack']);
  expect(sink.deliveries).toHaveLength(2);
  expect(await store.stats(0)).toMatchObject([{ pending: 0, claimed: 0 }]);
});
