import { type Backend, type BufferOptions, createBuffer, type Sink } from '@sluice/core';
import { targetKey } from '@sluice/core/backend';
import { type MemoryBackend, memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { setup, slowSink } from './processing-world.js';
import { away } from './wrap.js';

describe('a batch that is applied', () => {
  test('is acknowledged, reported and emitted as an event', async () => {
    const { buffer, clock, count, events, sink } = setup();
    await Promise.all([count(1), count(1), count(2)]);
    await clock.advance(500);
    expect(await buffer.processPending(0)).toEqual({
      batches: 1,
      entries: 2,
      retried: 0,
      buried: 0,
      busy: [],
    });
    expect(sink.deliveries).toMatchObject([{ partition: 0, attempt: 1 }]);
    expect(sink.entries).toMatchObject([{ columns: { views: 2 } }, { columns: { views: 1 } }]);
    expect(events.processed).toMatchObject([{ batch: sink.deliveries[0], durationMs: 0 }]);
    expect(await buffer.processPending(0)).toEqual({
      batches: 0,
      entries: 0,
      retried: 0,
      buried: 0,
      busy: [],
    });
    expect(sink.deliveries).toHaveLength(1);
  });

  test('says how long its sink took', async () => {
    const { sink, gate } = slowSink();
    const { buffer, clock, count, events } = setup({ sink });
    await count();
    const done = buffer.processPending();
    await clock.advance(1234);
    gate.open();
    await done;
    expect(events.processed[0]?.durationMs).toBe(1234);
  });

  test('shows an entry when the backend first heard of it', async () => {
    const { buffer, clock, count, sink } = setup();
    const first = clock.now();
    await count();
    await clock.advance(1000);
    await count();
    await buffer.processPending();
    expect(sink.entries[0]?.firstAt).toEqual(new Date(first));
  });

  test('is acknowledged although the reply to the ack was lost', async () => {
    let calls = 0;
    const { buffer, clock, count, sink } = setup({}, (store) => ({
      async ack(partition, token) {
        calls += 1;
        const acked = await store.ack(partition, token);
        if (calls < 3) throw away('unknown');
        return acked;
      },
    }));
    await count();
    const done = buffer.processPending();
    await clock.advance(1000);
    expect(await done).toMatchObject({ batches: 1, busy: [] });
    expect([calls, sink.deliveries.length]).toEqual([3, 1]);
  });

  test('is heard of although the ack fails for good', async () => {
    const { buffer, clock, count, events, sink } = setup({ writeTimeoutMs: 100 }, () => ({
      ack: () => Promise.reject(away('unknown')),
    }));
    await count();
    const done = expect(buffer.processPending()).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
    });
    await clock.advance(100);
    await done;
    expect(events.processed).toMatchObject([{ batch: sink.deliveries[0], entries: [{ model: 'Page' }] }]);
  });

  test('is heard of although others settled so much since that the backend forgot', async () => {
    let lost = false;
    const { buffer, clock, count, events, sink, store } = setup({ batchSize: 1 }, (store) => ({
      async ack(partition, token) {
        if (token !== first || lost) return store.ack(partition, token);
        lost = true;
        await acked;
        throw away('unknown');
      },
    }));
    const other = createBuffer({ backend: store, clock, sink, partitions: 1, batchSize: 1 });
    await Promise.all(Array.from({ length: 30 }, (_, id) => count(id)));
    const claim = await buffer.claim(0);
    if (claim.status !== 'leased') throw new Error('nothing to lease');
    const first = claim.lease.token;
    const acked = (async () => {
      await store.ack(0, first);
      await other.processPending();
    })();
    const done = buffer.process(claim.lease);
    await clock.advance(1000);
    expect(await clock.until(done)).toBe('stale');
    expect(events.processed).toMatchObject([{ batch: claim.lease.batch }]);
  });

  test('is the same batch under the same token although the reply to the claim was lost', async () => {
    let calls = 0;
    const { buffer, clock, count, sink } = setup({}, (store) => ({
      async claim(partition, request) {
        calls += 1;
        const claimed = await store.claim(partition, request);
        if (calls === 1) throw away('unknown');
        return claimed;
      },
    }));
    await count();
    const done = buffer.processPending();
    await clock.advance(1000);
    await done;
    expect(sink.deliveries).toMatchObject([{ attempt: 1 }]);
  });
});

describe('a sink that throws', () => {
  const delays = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000];

  test('gets the same batch again after a delay that grows, up to a minute', async () => {
    const { buffer, clock, count, events, sink } = setup({ random: () => 0.999_999 });
    await count();
    sink.fail(new Error('no'), { times: 9 });
    for (const delayMs of delays) {
      expect(await buffer.processPending()).toEqual({
        batches: 0,
        entries: 0,
        retried: 1,
        buried: 0,
        busy: [],
        dueInMs: delayMs,
      });
      await clock.advance(delayMs - 1);
      expect(await buffer.processPending()).toMatchObject({ retried: 0, busy: [0], dueInMs: 1 });
      await clock.advance(1);
    }
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 1 });
    expect(new Set(sink.deliveries.map(({ id }) => id)).size).toBe(1);
    expect(sink.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const batch of sink.deliveries) expect(batch.entries).toEqual(sink.deliveries[0]?.entries);
    expect(events.retry.map(({ delayMs, error }) => [delayMs, error])).toEqual(
      delays.map((delayMs) => [delayMs, new Error('no')]),
    );
  });

  test('has its delay jittered down to the half', async () => {
    const { buffer, count, events, sink } = setup({ random: () => 0 });
    await count();
    sink.fail(new Error('no'));
    await buffer.processPending();
    expect(events.retry[0]?.delayMs).toBe(500);
  });

  test.each([
    [7, 7],
    [7.9, 7],
    [-5, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
  ])('with a retryDelay of %d waits %d ms', async (given, delayMs) => {
    const attempts: number[] = [];
    const retryDelay = (attempt: number): number => {
      attempts.push(attempt);
      return given;
    };
    const { buffer, count, events, sink } = setup({ retryDelay });
    await count();
    sink.fail(new Error('no'));
    await buffer.processPending();
    expect(events.retry[0]?.delayMs).toBe(delayMs);
    expect(attempts).toEqual([1]);
  });

  test('is retried after a lease if retryDelay throws, which is reported', async () => {
    const bug = new Error('a bug in retryDelay');
    const { buffer, count, events, sink } = setup({
      retryDelay: () => {
        throw bug;
      },
    });
    await count();
    sink.fail(new Error('no'));
    expect(await buffer.processPending()).toMatchObject({ retried: 1 });
    expect(events.error).toMatchObject([
      { code: 'ERR_SLUICE_INVALID_OPTION', message: expect.stringContaining('retryDelay'), cause: bug },
    ]);
  });

  test('has its batch buried after maxAttempts, with the reason', async () => {
    const { buffer, count, events, sink } = setup({ maxAttempts: 3, giveUpAfterMs: 0, retryDelay: () => 0 });
    await Promise.all([count(1), count(2, 5)]);
    sink.fail(new Error('the table is gone'), { times: 3 });
    await buffer.processPending();
    await buffer.processPending();
    expect(await buffer.processPending()).toMatchObject({ batches: 0, retried: 0, buried: 2 });
    expect(events.buried).toMatchObject([
      {
        reason: 'the table is gone',
        entries: [{ filters: { id: 1 } }, { filters: { id: 2 }, columns: { views: 5 } }],
      },
    ]);
    expect(await buffer.deadLetters.list()).toMatchObject([
      { partition: 0, reason: 'the table is gone', attempts: 3, entry: { filters: { id: 1 } } },
      { partition: 0, reason: 'the table is gone', attempts: 3, entry: { filters: { id: 2 } } },
    ]);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 2 });
  });

  test('does not keep what is behind its batch from being applied, once that is buried', async () => {
    const { buffer, count, sink } = setup({ maxAttempts: 1, giveUpAfterMs: 0, batchSize: 1 });
    await Promise.all([count(1), count(2)]);
    sink.fail(new Error('no'));
    expect(await buffer.processPending()).toMatchObject({ batches: 1, buried: 1 });
    expect(sink.entries).toMatchObject([{ filters: { id: 2 } }]);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a string', 'no'],
    ['a symbol', Symbol('no')],
    ['an object without a prototype', Object.create(null)],
    ['an error whose message is no string', Object.assign(new Error(), { message: { toString: null } })],
  ])('is retried and buried whatever it throws: %s', async (_, thrown) => {
    const { buffer, count, events, sink } = setup({ maxAttempts: 2, giveUpAfterMs: 0, retryDelay: () => 0 });
    await count();
    sink.fail(thrown, { times: 2 });
    await buffer.processPending();
    expect(events.retry).toMatchObject([{ error: thrown }]);
    expect(await buffer.processPending()).toMatchObject({ buried: 1 });
    expect(typeof (await buffer.deadLetters.list())[0]?.reason).toBe('string');
  });

  test('at once, not in a promise, is retried too', async () => {
    const sink: Sink = () => {
      throw new Error('no');
    };
    const { buffer, count } = setup({ sink });
    await count();
    expect(await buffer.processPending()).toMatchObject({ retried: 1 });
  });

  test('with a long message leaves a short reason with each entry', async () => {
    const { buffer, count, sink } = setup({ maxAttempts: 1, giveUpAfterMs: 0 });
    await count();
    sink.fail(new Error(`insert into ${'x'.repeat(1_000_000)}`));
    await buffer.processPending();
    const [letter] = await buffer.deadLetters.list();
    expect(letter?.reason).toMatch(/^insert into xxx/);
    expect(letter?.reason.length).toBeLessThan(2000);
  });
});

describe('a lease', () => {
  test('is renewed while its sink runs, however long', async () => {
    const { sink, gate, signals, batches } = slowSink();
    const { buffer, clock, count, events } = setup({ sink, sinkTimeoutMs: 100_000 });
    await count();
    const done = buffer.processPending();
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(2999);
      expect(await buffer.claim(0)).toMatchObject({ status: 'busy' });
    }
    gate.open();
    expect(await done).toMatchObject({ batches: 1 });
    expect(batches).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(false);
    expect(events.error).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test('that the backend gave to another worker aborts the sink, and its settlement changes nothing', async () => {
    const slow = slowSink();
    let ahead = 0;
    const clock = manualClock();
    const store = memory({ clock: { now: () => clock.now() + ahead } });
    const { buffer, count, events, claim } = setup({ sink: slow.sink, backend: store, clock });
    await count();
    const done = buffer.processPending();
    await clock.advance(0);
    // By the backend's clock the lease is over, by this process's it is not.
    ahead = 3000;
    const second = await claim();
    await clock.advance(1000);
    expect(slow.signals[0]?.aborted).toBe(true);
    expect(slow.signals[0]?.reason).toMatchObject({ code: 'ERR_SLUICE_LEASE_LOST' });
    slow.gate.open();
    expect(await done).toMatchObject({ batches: 0, busy: [0] });
    expect(events.error).toMatchObject([{ code: 'ERR_SLUICE_LEASE_LOST' }]);
    expect(second.batch).toMatchObject({ id: slow.batches[0]?.id, attempt: 2 });
    const again = buffer.process(second);
    await clock.advance(0);
    slow.gate.open();
    expect(await again).toBe('applied');
    expect(events.processed).toMatchObject([{ batch: { attempt: 1 } }, { batch: { attempt: 2 } }]);
  });

  test('lasts from when the claim was asked for: a late reply has it renewed before the sink runs', async () => {
    const renewals: number[] = [];
    const { sink, batches, signals, gate } = slowSink();
    const { buffer, clock, count } = setup({ sink }, (store) => ({
      async claim(partition, request) {
        const claimed = await store.claim(partition, request);
        await new Promise<void>((resolve) => void clock.after(1000, resolve));
        return claimed;
      },
      renew(...lease) {
        renewals.push(clock.now() - startedAt);
        return store.renew(...lease);
      },
    }));
    const startedAt = clock.now();
    await count();
    const done = buffer.processPending();
    await clock.advance(999);
    expect([renewals, batches.length]).toEqual([[], 0]);
    await clock.advance(1);
    expect([renewals, batches.length]).toEqual([[1000], 1]);
    await clock.advance(1000);
    expect([renewals, signals[0]?.aborted]).toEqual([[1000, 2000], false]);
    gate.open();
    await done;
  });

  test('whose claim was answered so late that another worker has it does not run the sink', async () => {
    const { buffer, claim, clock, count, events, sink } = setup();
    await count();
    const late = await claim();
    await clock.advance(3000);
    await claim();
    expect(await buffer.process(late)).toBe('stale');
    expect(sink.deliveries).toEqual([]);
    expect(events.error).toMatchObject([{ code: 'ERR_SLUICE_LEASE_LOST' }]);
  });

  test('is over a lease after the claim, if no renewal has a reply', async () => {
    const { sink, signals, gate } = slowSink();
    const { buffer, clock, count } = setup({ sink }, (store) => ({
      async claim(partition, request) {
        const claimed = await store.claim(partition, request);
        await new Promise<void>((resolve) => void clock.after(900, resolve));
        return claimed;
      },
      renew: () => Promise.reject(away('refused')),
    }));
    await count();
    const done = buffer.processPending();
    await clock.advance(2999);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    gate.fail(signals[0]?.reason);
    await done;
  });

  test('that could not be renewed for a whole lease aborts the sink', async () => {
    const { sink, signals, gate } = slowSink();
    const { buffer, clock, count, events } = setup({ sink }, () => ({
      renew: () => Promise.reject(away('refused')),
    }));
    await count();
    const done = buffer.processPending();
    await clock.advance(2999);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    gate.fail(signals[0]?.reason);
    await done;
    expect(events.error).toMatchObject([
      {
        code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
        message: expect.stringContaining('partition 0 was not renewed'),
      },
    ]);
    expect(clock.timers).toBe(0);
  });

  test('aborts the sink in time even if the backend never replies', async () => {
    const { sink, signals, gate } = slowSink();
    const { buffer, clock, count } = setup({ sink }, () => ({ renew: () => new Promise(() => {}) }));
    await count();
    const done = buffer.processPending();
    await clock.advance(3000);
    expect(signals[0]?.aborted).toBe(true);
    gate.fail(signals[0]?.reason);
    await done;
    expect(clock.timers).toBe(0);
  });

  test('of a worker that died blocks the partition until it runs out, and no longer', async () => {
    const { buffer, claim, clock, count, sink } = setup();
    await count(1);
    const dead = await claim();
    await count(2);
    await clock.advance(2999);
    expect(await buffer.processPending()).toMatchObject({ batches: 0, busy: [0], dueInMs: 1 });
    await clock.advance(1);
    expect(await buffer.processPending()).toMatchObject({ batches: 2, entries: 2 });
    expect(sink.deliveries).toMatchObject([
      { id: dead.batch.id, attempt: 2, entries: dead.batch.entries },
      { attempt: 1 },
    ]);
  });

  test('that ran out is stale: what its worker settles late changes nothing', async () => {
    const { buffer, claim, clock, count, sink } = setup();
    await count();
    const late = await claim();
    await clock.advance(3000);
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
    await count(1);
    expect(await buffer.process(late)).toBe('stale');
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
    expect(sink.entries).toMatchObject([{ filters: { id: 0 } }, { filters: { id: 1 } }]);
  });

  test('may be handed to process by callers that schedule the work themselves', async () => {
    const { buffer, claim, count, sink } = setup({ retryDelay: () => 0, maxAttempts: 3, giveUpAfterMs: 0 });
    await count();
    sink.fail(new Error('no'));
    expect(await buffer.process(await claim())).toBe('retried');
    expect(await buffer.process(await claim())).toBe('applied');
    expect(await buffer.claim(0)).toEqual({ status: 'empty' });
  });
});

describe('entries that are unreadable', () => {
  const corruptSecond = (store: MemoryBackend): Partial<Backend> => ({
    async claim(partition, request) {
      const claimed = await store.claim(partition, request);
      if (claimed.status !== 'leased') return claimed;
      const entries = claimed.batch.entries.map((entry, i) =>
        i === 1 ? { key: entry.key, corrupt: 'no JSON' } : entry,
      );
      return { ...claimed, batch: { ...claimed.batch, entries } };
    },
  });

  test('become dead letters, while the others of the batch are applied', async () => {
    const { buffer, count, events, sink } = setup({}, corruptSecond);
    await Promise.all([count(1), count(2), count(3)]);
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 2, buried: 1 });
    expect(sink.entries).toMatchObject([{ filters: { id: 1 } }, { filters: { id: 3 } }]);
    expect(events.buried).toMatchObject([{ entries: [], reason: 'no JSON' }]);
    expect(await buffer.deadLetters.list()).toMatchObject([{ reason: 'no JSON', attempts: 1 }]);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 1 });
  });

  test('keep their own reason when the rest is buried for another', async () => {
    const { buffer, count, sink } = setup({ maxAttempts: 1, giveUpAfterMs: 0 }, corruptSecond);
    await Promise.all([count(1), count(2)]);
    sink.fail(new Error('no'));
    expect(await buffer.processPending()).toMatchObject({ buried: 2 });
    expect((await buffer.deadLetters.list()).map(({ reason }) => reason)).toEqual(['no', 'no JSON']);
  });

  test('alone in a batch do not run the sink', async () => {
    const { buffer, store, sink, events } = setup();
    const write = {
      ...(await store.join(0, 1)),
      partition: 0,
      producer: 'p',
      nonce: 'n',
      number: 1,
      follows: 0,
    };
    await store.add({ ...write, entries: [{ key: 'no target key', fields: { '+views': 1 } }] });
    expect(await buffer.processPending()).toMatchObject({ batches: 0, entries: 0, buried: 1 });
    expect(sink.deliveries).toEqual([]);
    expect(events.processed).toEqual([]);
    expect(await buffer.deadLetters.list()).toMatchObject([{ entry: undefined }]);
  });
});

describe('draining', () => {
  test('ends under constant load, with what was pending when it began', async () => {
    const { buffer, count, sink } = setup({
      batchSize: 10,
      sink: async (batch, context) => {
        await Promise.all(Array.from({ length: 20 }, (_, i) => count(1000 * sink.deliveries.length + i)));
        await sink(batch, context);
      },
    });
    await Promise.all(Array.from({ length: 25 }, (_, id) => count(-id)));
    expect(await buffer.processPending()).toMatchObject({ batches: 3, entries: 30 });
    expect(sink.entries.slice(0, 25).map(({ filters }) => filters.id)).toEqual(
      Array.from({ length: 25 }, (_, id) => 0 - id),
    );
    expect((await buffer.stats()).pending).toBe(55);
  });

  test('counts a batch that is delivered again apart from what is behind it', async () => {
    const { buffer, claim, clock, count } = setup({ batchSize: 2 });
    await Promise.all(Array.from({ length: 5 }, (_, id) => count(id)));
    await claim();
    await clock.advance(3000);
    expect(await buffer.processPending()).toMatchObject({ batches: 3, entries: 5 });
  });

  test('works on `concurrency` partitions at a time, over all calls', async () => {
    let running = 0;
    let most = 0;
    const { buffer, clock, count } = setup({
      partitions: 16,
      concurrency: 3,
      sink: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => void clock.after(10, resolve));
        running -= 1;
      },
    });
    await Promise.all(Array.from({ length: 200 }, (_, id) => count(id)));
    const all = buffer.processPending();
    const single = Array.from({ length: 16 }, (_, partition) => buffer.processPending(partition));
    await clock.advance(1000);
    const reports = await Promise.all([all, ...single]);
    expect(reports.reduce((sum, { entries }) => sum + entries, 0)).toBe(200);
    expect(most).toBe(3);
  });

  test('a partition whose claims fail takes no place from others', async () => {
    let applied = 0;
    const { buffer, clock, count } = setup(
      {
        partitions: 8,
        concurrency: 1,
        sink: async ({ entries }) => {
          applied += entries.length;
        },
      },
      (store) => ({
        async claim(partition, request) {
          if (partition % 2 === 0) throw away('refused');
          return store.claim(partition, request);
        },
      }),
    );
    await Promise.all(Array.from({ length: 100 }, (_, id) => count(id)));
    const odd = (await buffer.stats()).partitions.filter(({ partition }) => partition % 2 === 1);
    const processed = buffer.processPending();
    processed.catch(() => {});
    await clock.advance(100);
    expect(applied).toBe(odd.reduce((sum, { pending }) => sum + pending, 0));
    await clock.advance(60_000);
    await expect(processed).rejects.toMatchObject({ code: 'ERR_SLUICE_PARTITIONS_FAILED' });
  });

  test('leaves alone what this buffer is draining, and reports it as busy', async () => {
    const { sink, gate, batches } = slowSink();
    let claims = 0;
    const { buffer, clock, count } = setup({ sink }, (store) => ({
      claim(...request) {
        claims += 1;
        return store.claim(...request);
      },
    }));
    await count();
    const first = buffer.processPending();
    await clock.advance(0);
    for (const partition of [undefined, 0]) {
      expect(await buffer.processPending(partition)).toEqual({
        batches: 0,
        entries: 0,
        retried: 0,
        buried: 0,
        busy: [0],
      });
    }
    expect([claims, batches.length]).toEqual([1, 1]);
    gate.open();
    expect(await first).toMatchObject({ batches: 1 });
  });

  test('goes on in the other partitions when one fails, and rejects with its error', async () => {
    const { buffer, clock, count, sink } = setup({ partitions: 4, writeTimeoutMs: 1 }, (store) => ({
      claim: (partition, request) =>
        partition === 2 ? Promise.reject(away('refused', false)) : store.claim(partition, request),
    }));
    await Promise.all(Array.from({ length: 100 }, (_, id) => count(id)));
    await expect(buffer.processPending()).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' });
    await clock.advance(0);
    expect(sink.deliveries.map(({ partition }) => partition).sort()).toEqual([0, 1, 3]);
  });

  test('rejects with one error that holds all, when several partitions fail', async () => {
    const { buffer, count } = setup({ partitions: 4 }, () => ({
      claim: () => Promise.reject(away('refused', false)),
    }));
    await Promise.all(Array.from({ length: 100 }, (_, id) => count(id)));
    const error: unknown = await buffer.processPending().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'PartitionsFailedError',
      code: 'ERR_SLUICE_PARTITIONS_FAILED',
      cause: away('refused', false),
    });
    expect((error as { errors: unknown[] }).errors).toHaveLength(4);
  });
});

describe('listeners', () => {
  test('that throw break neither the buffer nor each other, and are reported', async () => {
    const { buffer, count, events, sink } = setup();
    const heard: string[] = [];
    buffer.on('processed', () => {
      throw new Error('a bug in a listener');
    });
    buffer.on('processed', ({ batch }) => heard.push(batch.id));
    await count();
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
    expect(heard).toEqual([sink.deliveries[0]?.id]);
    expect(events.error).toMatchObject([
      { code: 'ERR_SLUICE_LISTENER_FAILED', cause: new Error('a bug in a listener') },
    ]);
  });

  test('that reject are reported as well, and do not end the process', async () => {
    const { buffer, clock, count, events } = setup();
    const listener: () => unknown = () => Promise.reject(new Error('a bug in a listener'));
    buffer.on('processed', listener);
    await count();
    await buffer.processPending();
    await clock.advance(0);
    expect(events.error).toMatchObject([{ code: 'ERR_SLUICE_LISTENER_FAILED' }]);
  });

  test('hear nothing more once they are removed', async () => {
    const { buffer, count } = setup();
    let heard = 0;
    const off = buffer.on('processed', () => {
      heard += 1;
    });
    await count();
    await buffer.processPending();
    off();
    off();
    await count();
    await buffer.processPending();
    expect(heard).toBe(1);
  });

  test('of errors that throw, or that there are none, make the error a process warning', async () => {
    const clock = manualClock();
    const store = memory({ clock });
    const buffer = createBuffer({ backend: store, clock, partitions: 1, leaseMs: 10, sink: recordingSink() });
    const stale = async (): Promise<void> => {
      await buffer.incr('Page', { views: 1 }, {});
      const claimed = await buffer.claim(0);
      await clock.advance(10);
      await buffer.processPending();
      if (claimed.status === 'leased') await buffer.process(claimed.lease);
    };
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    await stale();
    buffer.on('error', () => {
      throw new Error('a bug in a listener');
    });
    await stale();
    await clock.advance(0);
    process.off('warning', listener);
    expect(warnings).toMatchObject([
      { name: 'SluiceWarning', code: 'ERR_SLUICE_LEASE_LOST' },
      { name: 'SluiceWarning', code: 'ERR_SLUICE_LISTENER_FAILED' },
    ]);
  });
});

describe('dead letters', () => {
  /** Buries one entry for each id, each in a separate partition. */
  async function buried(ids: readonly number[], options: Partial<BufferOptions> = {}) {
    const world = setup({ maxAttempts: 1, giveUpAfterMs: 0, partitions: 4, ...options });
    await Promise.all(ids.map((id) => world.count(id)));
    world.sink.fail(new Error('no'), { times: 4 });
    await world.buffer.processPending();
    world.sink.fail(undefined, { times: 0 });
    return world;
  }
  const ids = Array.from({ length: 20 }, (_, id) => id);

  test('are listed by partition, oldest first, in pages that make up the whole', async () => {
    const { buffer } = await buried(ids);
    const all = await buffer.deadLetters.list();
    expect(all).toHaveLength(20);
    expect(all.map(({ entry }) => entry?.filters.id).sort((a, b) => Number(a) - Number(b))).toEqual(ids);
    const paged = [];
    for (let offset = 0; offset < 20; offset += 3)
      paged.push(...(await buffer.deadLetters.list({ offset, limit: 3 })));
    expect(paged).toEqual(all);
    expect(await buffer.deadLetters.list({ partition: 2 })).toEqual(
      all.filter(({ partition }) => partition === 2),
    );
    expect(await buffer.deadLetters.list({ limit: 0 })).toEqual([]);
    expect(await buffer.deadLetters.list({ offset: 20 })).toEqual([]);
  });

  test('that are redriven are applied by a later batch, merged with what came since', async () => {
    const { buffer, count, sink } = await buried(ids);
    await count(3, 10);
    const letters = (await buffer.deadLetters.list()).filter(({ entry }) =>
      [3, 4].includes(Number(entry?.filters.id)),
    );
    expect(await buffer.deadLetters.redrive(letters.map(({ id }) => id))).toBe(2);
    expect(await buffer.get('Page', ['views'], { id: 3 })).toEqual({ views: 11 });
    await buffer.processPending();
    expect([sink.total('Page', 'views'), sink.total('Page', 'views', { id: 3 })]).toEqual([12, 11]);
    expect((await buffer.stats()).dead).toBe(18);
    expect(await buffer.deadLetters.redrive(letters.map(({ id }) => id))).toBe(0);
  });

  test('are all redriven, or all discarded, in every partition', async () => {
    const { buffer, sink } = await buried(ids);
    expect(await buffer.deadLetters.redrive('all')).toBe(20);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(20);
    expect(await buffer.deadLetters.redrive('all')).toBe(0);

    const other = await buried(ids);
    expect(await other.buffer.deadLetters.discard('all')).toBe(20);
    expect(await other.buffer.stats()).toMatchObject({ pending: 0, dead: 0 });
  });

  test('that are discarded are gone, and only those', async () => {
    const { buffer } = await buried(ids);
    const [first, second] = await buffer.deadLetters.list();
    expect(await buffer.deadLetters.discard([first?.id as string, first?.id as string])).toBe(1);
    expect((await buffer.deadLetters.list())[0]?.id).toBe(second?.id);
    expect((await buffer.stats()).dead).toBe(19);
  });

  test('whose sum would overflow stay dead letters', async () => {
    const { buffer, count } = await buried([1]);
    await count(1, Number.MAX_SAFE_INTEGER);
    expect(await buffer.deadLetters.redrive('all')).toBe(0);
    expect(await buffer.stats()).toMatchObject({ pending: 1, dead: 1 });
  });

  test('of thousands are redriven without delay', async () => {
    const { buffer } = await buried(
      Array.from({ length: 3000 }, (_, id) => id),
      { partitions: 1, batchSize: 10_000 },
    );
    const letters = await buffer.deadLetters.list({ limit: 3000 });
    const many = Array.from({ length: 30 }, () => letters.map(({ id }) => id)).flat();
    const startedAt = performance.now();
    expect(await buffer.deadLetters.redrive(many)).toBe(3000);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

test('a buffer without a sink counts, claims and reports, but does not process', async () => {
  const clock = manualClock();
  const buffer = createBuffer({ backend: memory({ clock }), clock, partitions: 1 });
  await buffer.incr('Page', { views: 1 }, {});
  await expect(buffer.processPending()).rejects.toMatchObject({ code: 'ERR_SLUICE_NO_SINK' });
  const claimed = await buffer.claim(0);
  expect(claimed).toMatchObject({ status: 'leased', lease: { batch: { entries: [{ model: 'Page' }] } } });
  if (claimed.status === 'leased')
    await expect(buffer.process(claimed.lease)).rejects.toMatchObject({ code: 'ERR_SLUICE_NO_SINK' });
});

test('stats say what is held, pending, claimed and dead, and since when', async () => {
  const { buffer, claim, clock, count } = setup({ batchSize: 1 });
  const waiting = Promise.all([count(1), count(2), count(3)]);
  expect((await buffer.stats()).held).toBe(3);
  await waiting;
  await clock.advance(700);
  await claim();
  expect(await buffer.stats()).toEqual({
    held: 0,
    dropped: 0,
    pending: 2,
    claimed: 1,
    dead: 0,
    oldestPendingMs: 700,
    added: 3,
    taken: 1,
    partitions: [
      {
        partition: 0,
        pending: 2,
        claimed: 1,
        dead: 0,
        oldestPendingMs: 700,
        added: 3,
        taken: 1,
        batch: {
          id: expect.any(String),
          ageMs: 0,
          attempt: 1,
          failures: 0,
          isLeased: true,
          dueInMs: 3000,
          worker: expect.stringMatching(/.:\d+$/),
          leasedForMs: 0,
        },
      },
    ],
    unavailable: [],
  });
  expect(targetKey('Page', { id: 1 })).toBe('["Page","id",1]');
});
