import { createBuffer, createWorker } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { quiet, wrap } from './wrap.js';

/** What a worker uses of a buffer. */
type Processed = Parameters<typeof createWorker>[0];

function looksLikeBuffer(processPending: Processed['processPending']): Processed {
  return { processPending, pendingPartitions: async () => [] };
}

function setup() {
  const clock = manualClock();
  const store = memory({ clock });
  const sink = recordingSink();
  const buffer = createBuffer({ backend: store, clock, sink, partitions: 4, retryDelay: () => 300 });
  const count = (id: number): Promise<void> => buffer.incr('Page', { views: 1 }, { id });
  /** The same buffer, counting the rounds of its worker. */
  const rounds = { count: 0 };
  const counted = looksLikeBuffer((partition) => {
    rounds.count += 1;
    return buffer.processPending(partition);
  });
  return { clock, store, sink, buffer, counted, rounds, count };
}

const ids = Array.from({ length: 40 }, (_, id) => id);

/** A worker whose sink hangs in partition 2 on its first batch, and fails once in another one. */
function stuck({ failing, intervalMs = 100 }: { failing?: number; intervalMs?: number } = {}) {
  const clock = manualClock();
  const sink = recordingSink();
  const hanging = { release: (): void => {} };
  const hung = new Promise<void>((resolve) => {
    hanging.release = resolve;
  });
  const buffer = createBuffer({
    backend: memory({ clock }),
    clock,
    partitions: 4,
    logger: quiet,
    retryDelay: () => 300,
    sink: async (batch, context) => {
      await sink(batch, context);
      if (batch.partition === 2) await hung;
      if (batch.partition === failing && batch.attempt === 1) throw new Error('no');
    },
  });
  const worker = createWorker(buffer, { clock, intervalMs });
  const count = (id: number): Promise<void> => buffer.incr('Page', { views: 1 }, { id });
  const delivered = (partition: number): number =>
    sink.deliveries.filter((batch) => batch.partition === partition).length;
  return { clock, count, delivered, hanging, worker };
}

describe('a worker', () => {
  test('processes what is pending, and what comes later', async () => {
    const { buffer, clock, count, sink } = setup();
    await count(1);
    const worker = createWorker(buffer, { clock, intervalMs: 100 });
    await clock.advance(0);
    expect(sink.total('Page', 'views')).toBe(1);
    await Promise.all([count(2), count(3)]);
    await clock.advance(100);
    expect(sink.total('Page', 'views')).toBe(3);
    await worker.stop();
  });

  test('starts a round every intervalMs', async () => {
    const { clock, counted, rounds } = setup();
    const worker = createWorker(counted, { clock, intervalMs: 100 });
    await clock.advance(1000);
    expect(rounds.count).toBe(11);
    await worker.stop();
  });

  test('leaves increments time to merge, also when it found something', async () => {
    const { buffer, clock, count, sink } = setup();
    await count(1);
    const worker = createWorker(buffer, { clock, intervalMs: 100 });
    await clock.advance(1);
    for (let i = 0; i < 5; i += 1) await count(1);
    await clock.advance(99);
    expect(sink.entries.map(({ columns }) => columns.views)).toEqual([1, 5]);
    await worker.stop();
  });

  test('wakes for a batch that is due before the next round', async () => {
    const { buffer, clock, count, sink } = setup();
    sink.fail(new Error('no'));
    await count(1);
    const worker = createWorker(buffer, { clock, intervalMs: 2000 });
    await clock.advance(299);
    expect(sink.entries).toEqual([]);
    await clock.advance(1);
    expect(sink.total('Page', 'views')).toBe(1);
    await worker.stop();
  });

  test('goes on in the other partitions while a sink hangs in one', async () => {
    const { clock, count, delivered, hanging, worker } = stuck();
    for (let round = 1; round <= 5; round += 1) {
      await Promise.all(ids.map(count));
      await clock.advance(100);
      for (const partition of [0, 1, 2, 3]) {
        expect(delivered(partition)).toBe(partition === 2 ? 1 : round);
      }
    }
    hanging.release();
    await worker.stop();
    expect(delivered(2)).toBe(1);
  });

  test('whose batch fails beside one that hangs delivers it again when it is due', async () => {
    const { clock, count, delivered, hanging, worker } = stuck({ failing: 3, intervalMs: 5000 });
    await Promise.all(ids.map(count));
    await clock.advance(5299);
    expect([0, 1, 3].map(delivered)).toEqual([1, 1, 1]);
    await clock.advance(1);
    expect([0, 1, 3].map(delivered)).toEqual([1, 1, 2]);
    hanging.release();
    await worker.stop();
  });

  test('stops only when a partition that hangs has ended, and leaves no timer', async () => {
    const { clock, count, hanging, worker } = stuck();
    await Promise.all(ids.map(count));
    await clock.advance(1000);
    let stopped = false;
    const stopping = worker.stop().then(() => {
      stopped = true;
    });
    await clock.advance(1000);
    expect(stopped).toBe(false);
    hanging.release();
    await stopping;
    expect(clock.timers).toBe(0);
  });

  test('asks for the partitions of one round at a time, however long that takes', async () => {
    const clock = manualClock();
    let listings = 0;
    const backend = wrap(memory({ clock }), {
      partitions: () => {
        listings += 1;
        return new Promise(() => {});
      },
    });
    const buffer = createBuffer({ backend, clock, sink: recordingSink(), logger: quiet });
    void createWorker(buffer, { clock, intervalMs: 100 });
    await clock.advance(10_000);
    expect([listings, clock.timers]).toEqual([1, 0]);
  });

  test('stops: the running round ends, none follows, the buffer stays open', async () => {
    const { buffer, clock, count, sink } = setup();
    const worker = createWorker(buffer, { clock });
    await clock.advance(0);
    await worker.stop();
    await worker.stop();
    expect(clock.timers).toBe(0);
    await count(1);
    await clock.advance(10_000);
    expect(sink.deliveries).toEqual([]);
    expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  });

  test('stops at the end of an `await using` block', async () => {
    const { clock, counted, rounds } = setup();
    {
      await using worker = createWorker(counted, { clock, intervalMs: 100 });
      expect(worker.stop).toBeTypeOf('function');
      await clock.advance(100);
    }
    await clock.advance(10_000);
    expect(rounds.count).toBe(2);
  });

  test('reports errors, waits, and goes on', async () => {
    const { clock, buffer, count, sink } = setup();
    let failing = true;
    const errors: unknown[] = [];
    const flaky = looksLikeBuffer(() =>
      failing ? Promise.reject(new Error('away')) : buffer.processPending(),
    );
    await count(1);
    const worker = createWorker(flaky, { clock, intervalMs: 100, onError: (error) => errors.push(error) });
    await clock.advance(250);
    expect(errors).toEqual([new Error('away'), new Error('away'), new Error('away')]);
    failing = false;
    await clock.advance(50);
    expect(sink.total('Page', 'views')).toBe(1);
    await worker.stop();
  });

  test('goes on when its onError throws or rejects', async () => {
    const { clock } = setup();
    let rounds = 0;
    const broken = looksLikeBuffer(() => {
      rounds += 1;
      return Promise.reject(new Error('away'));
    });
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    const onError: (error: unknown) => unknown = () => {
      if (rounds % 2 === 0) return Promise.reject(new Error('another bug'));
      throw new Error('a bug in onError');
    };
    const worker = createWorker(broken, { clock, intervalMs: 100, onError });
    await clock.advance(199);
    await worker.stop();
    process.off('warning', listener);
    expect(rounds).toBe(2);
    expect(warnings).toMatchObject([
      { name: 'SluiceWarning', message: expect.stringContaining('a bug in onError') },
      { name: 'SluiceWarning', message: expect.stringContaining('another bug') },
    ]);
  });

  test.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['returns nothing', () => undefined],
    ['returns no report', async () => undefined],
  ])('goes on with what only looks like a buffer and %s', async (_, processPending) => {
    const { clock } = setup();
    const errors: unknown[] = [];
    const double = looksLikeBuffer(processPending as Processed['processPending']);
    const worker = createWorker(double, {
      clock,
      intervalMs: 100,
      onError: (error) => errors.push(error),
    });
    await clock.advance(250);
    await worker.stop();
    expect(errors).toHaveLength(3);
  });

  test('makes errors a process warning when nobody listens', async () => {
    const { clock } = setup();
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    const away = looksLikeBuffer(() => Promise.reject(new Error('away')));
    const worker = createWorker(away, { clock });
    await clock.advance(0);
    await worker.stop();
    process.off('warning', listener);
    expect(warnings).toMatchObject([{ name: 'SluiceWarning', message: expect.stringContaining('away') }]);
  });

  test('ends when its buffer is closed', async () => {
    const { buffer, clock, counted, rounds } = setup();
    const errors: unknown[] = [];
    const worker = createWorker(counted, { clock, intervalMs: 100, onError: (error) => errors.push(error) });
    await clock.advance(0);
    await buffer.close();
    await clock.advance(10_000);
    expect(rounds.count).toBe(2);
    expect(errors).toMatchObject([{ code: 'ERR_SLUICE_CLOSED' }]);
    await worker.stop();
  });

  test('shares the work with others, and no entry is applied twice', async () => {
    const { buffer, clock, count, sink } = setup();
    const workers = [1, 2, 3].map(() => createWorker(buffer, { clock, intervalMs: 10 }));
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, id) => count(id)));
      await clock.advance(7);
    }
    await clock.advance(1000);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(sink.total('Page', 'views')).toBe(200);
    expect(new Set(sink.deliveries.map(({ id }) => id)).size).toBe(sink.deliveries.length);
  });
});
