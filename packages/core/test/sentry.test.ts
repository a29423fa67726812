import { crc32 } from 'node:zlib';
import {
  type Backend,
  type Batch,
  type Buffer,
  type BufferOptions,
  type Clock,
  createBuffer,
} from '@sluice/core';
import { targetKey } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { manualClock, recordingSink, startRedisServer } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { partitionOf } from '../src/support/partition.js';

/** What backends keep their data in, empty at first. */
interface Store {
  /** A backend on this data; each call may open another connection to it. */
  backend(): Backend;
  readonly clock?: Clock;
  /** Lets time pass, for the buffers and for the backend. */
  pass(ms: number): Promise<void>;
  clear(): Promise<void>;
}

const stores: { name: string; open(): Store | Promise<Store> }[] = [
  {
    name: 'memory',
    open() {
      const clock = manualClock();
      const store = memory({ clock });
      return { clock, backend: () => store, pass: (ms) => clock.advance(ms), clear: async () => {} };
    },
  },
  {
    name: 'a mock of Redis',
    open() {
      const clock = manualClock();
      const client = mockRedis({ clock });
      const backend = (): Backend => redis({ client, clock });
      return { clock, backend, pass: (ms) => clock.advance(ms), clear: async () => {} };
    },
  },
  {
    name: 'Redis',
    open() {
      const clock = manualClock();
      const prefix = `sentry-${++databases}`;
      const backend = (): Backend => redis({ url: server.url, prefix, clock });
      return { clock, backend, pass: (ms) => clock.advance(ms), clear: async () => {} };
    },
  },
];

let databases = 0;
const server = await startRedisServer();
afterAll(() => server.stop());

const LEASE_MS = 400;

describe.each(stores)('what Sentry’s buffer does, on $name', ({ open }) => {
  const opened: { close(): Promise<void> }[] = [];

  /** Makes buffers and a recording sink that all share one store. */
  async function setup() {
    const store = await open();
    opened.push({ close: () => store.clear() });
    const sink = recordingSink();
    const bufferOf = (options: Partial<BufferOptions> = {}): Buffer => {
      const { clock } = store;
      const retryDelay = (): number => 0;
      const buffer = createBuffer({
        backend: store.backend(),
        ...(clock && { clock }),
        sink,
        leaseMs: LEASE_MS,
        retryDelay,
        ...options,
      });
      opened.push(buffer);
      return buffer;
    };
    return { store, sink, bufferOf };
  }

  /** Counts `views: id + 1` for each of the ids. */
  const count = (buffer: Buffer, ids: readonly number[]): Promise<unknown> =>
    Promise.all(ids.map((id) => buffer.incr('Page', { views: id + 1 }, { id })));

  afterEach(async () => {
    // Buffers first, the latest first; then what they were on.
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  const ids = Array.from({ length: 40 }, (_, id) => id);
  const total = ids.reduce((sum, id) => sum + id + 1, 0);
  const partitionOfId = (id: number, n: number): number => partitionOf(targetKey('Page', { id }), n);

  test.each([0, -1, 1.5, Number.NaN, 4097])(
    '%d partitions are refused with a clear error',
    async (partitions) => {
      const { bufferOf } = await setup();
      expect(() => bufferOf({ partitions })).toThrow(
        expect.objectContaining({
          code: 'ERR_SLUICE_INVALID_OPTION',
          message: `The option "partitions" must be an integer from 1 to 4096, not ${partitions}.`,
        }),
      );
    },
  );

  test.each([0, -1, 1.5, Number.NaN])(
    'a batch size of %d is refused with a clear error',
    async (batchSize) => {
      const { bufferOf } = await setup();
      expect(() => bufferOf({ batchSize })).toThrow(
        expect.objectContaining({
          code: 'ERR_SLUICE_INVALID_OPTION',
          message: `The option "batchSize" must be an integer from 1 to 10000, not ${batchSize}.`,
        }),
      );
    },
  );

  test('a target goes to partition crc32(key) mod N, equal to zlib’s', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf({ partitions: 7 });
    const values = ['', 'plain', 'é', '漢字', '👍', 'line\nbreak', '\0'];
    await Promise.all(values.map((value) => buffer.incr('Page', { views: 1 }, { value })));
    await buffer.processPending();
    const found = sink.deliveries.flatMap(({ partition, entries }) =>
      entries.map(({ filters }) => [filters.value, partition]),
    );
    const expected = values.map((value) => [
      value,
      crc32(Buffer.from(`["Page","value",${JSON.stringify(value)}]`)) % 7,
    ]);
    expect(found.sort()).toEqual(expected.sort());
  });

  test('processPending() runs every partition', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf({ partitions: 8 });
    await count(buffer, ids);
    expect(await buffer.processPending()).toMatchObject({ batches: 8, entries: 40 });
    expect(sink.total('Page', 'views')).toBe(total);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 });
  });

  test('processPending(i) runs partition i only and leaves the others', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf({ partitions: 4 });
    await count(buffer, ids);
    await buffer.processPending(2);
    const inTwo = ids.filter((id) => partitionOfId(id, 4) === 2);
    expect(sink.entries.map(({ filters }) => Number(filters.id)).sort((a, b) => a - b)).toEqual(inTwo);
    expect(await buffer.stats()).toMatchObject({ pending: 40 - inTwo.length });
  });

  test('processPending(i) runs partition i also when this buffer has fewer partitions', async () => {
    const { bufferOf, sink } = await setup();
    await count(bufferOf({ partitions: 16 }), ids);
    const buffer = bufferOf({ partitions: 1 });
    expect(await buffer.pendingPartitions()).toContain(9);
    await buffer.processPending(9);
    const inNine = ids.filter((id) => partitionOfId(id, 16) === 9);
    expect(sink.entries.map(({ filters }) => Number(filters.id)).sort((a, b) => a - b)).toEqual(inNine);
    expect(await buffer.pendingPartitions()).not.toContain(9);
  });

  test.each([-1, 4096, 0.5, Number.NaN])(
    'processPending(%d) of 4 partitions is refused',
    async (partition) => {
      const { bufferOf } = await setup();
      await expect(bufferOf({ partitions: 4 }).processPending(partition)).rejects.toMatchObject({
        code: 'ERR_SLUICE_INVALID_PARTITION',
      });
    },
  );

  test.each([
    [1, 8],
    [8, 1],
    [8, 3],
    [3, 64],
  ])('going from %d partitions to %d with increments pending, all are drained', async (before, after) => {
    const { bufferOf, sink } = await setup();
    await count(bufferOf({ partitions: before }), ids);
    const buffer = bufferOf({ partitions: after });
    await count(buffer, ids);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(2 * total);
    for (const id of ids) expect(sink.total('Page', 'views', { id })).toBe(2 * (id + 1));
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 });
  });

  test('a batch has batchSize targets at most, the last one the remainder, and nothing stays pending', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf({ partitions: 1, batchSize: 15 });
    await count(buffer, ids);
    expect(await buffer.processPending()).toMatchObject({ batches: 3, entries: 40 });
    expect(sink.deliveries.map(({ entries }) => entries.length)).toEqual([15, 15, 10]);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 });
  });

  test('the last write of an extra value wins', async () => {
    const { bufferOf, sink } = await setup();
    const [one, other] = [bufferOf(), bufferOf()];
    const seen = [new Date(1), new Date(3), new Date(2)];
    await one.incr('Page', { views: 1 }, {}, { title: 'first', seen: seen[0] as Date });
    await other.incr('Page', { views: 1 }, {}, { title: 'second', seen: seen[1] as Date });
    await one.incr('Page', { views: 1 }, {}, { seen: seen[2] as Date });
    await one.processPending();
    expect(sink.entries).toMatchObject([
      { columns: { views: 3 }, extra: { title: { value: 'second' }, seen: { value: new Date(2) } } },
    ]);
  });

  test('get returns 0 for what is not there', async () => {
    const { bufferOf } = await setup();
    const buffer = bufferOf();
    expect(await buffer.get('Page', ['views', 'constructor'], { id: 1 })).toEqual({
      views: 0,
      constructor: 0,
    });
    await buffer.incr('Page', { views: 2 }, { id: 1 });
    expect(await buffer.get('Page', ['views', 'likes'], { id: 1 })).toEqual({ views: 2, likes: 0 });
    await buffer.processPending();
    expect(await buffer.get('Page', ['views'], { id: 1 })).toEqual({ views: 0 });
  });

  test('two workers at once never apply an entry twice', async () => {
    const { bufferOf, sink } = await setup();
    const workers = [bufferOf({ batchSize: 3 }), bufferOf({ batchSize: 3 })];
    await count(workers[0] as Buffer, ids);
    await Promise.all([...workers, ...workers].map((worker) => worker.processPending()));
    await workers[0]?.processPending();
    expect(sink.entries).toHaveLength(40);
    expect(sink.deliveries).toHaveLength(new Set(sink.deliveries.map(({ id }) => id)).size);
    expect(sink.total('Page', 'views')).toBe(total);
  });

  test('a worker that dies holding a partition does not block it past the lease', async () => {
    const { bufferOf, store, sink } = await setup();
    const [dying, living] = [bufferOf({ partitions: 1 }), bufferOf({ partitions: 1 })];
    await count(dying, [1]);
    expect(await dying.claim(0)).toMatchObject({ status: 'leased' });
    expect(await living.processPending()).toMatchObject({ batches: 0, busy: [0] });
    await store.pass(LEASE_MS);
    expect(await living.processPending()).toMatchObject({ batches: 1 });
    expect(sink.total('Page', 'views')).toBe(2);
  });

  test('an increment that comes while its target’s entry is processed is neither lost nor stranded', async () => {
    const { bufferOf, sink } = await setup();
    const batches: Batch[] = [];
    const buffer = bufferOf({
      partitions: 1,
      sink: async (batch, context) => {
        batches.push(batch);
        if (batches.length === 1) await buffer.incr('Page', { views: 10 }, { id: 1 });
        await sink(batch, context);
      },
    });
    await buffer.incr('Page', { views: 1 }, { id: 1 });
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(1);
    expect(await buffer.get('Page', ['views'], { id: 1 })).toEqual({ views: 10 });
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(11);
    expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 });
  });

  test('also when that delivery fails: the batch comes again unchanged, the increment after it', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf({ partitions: 1 });
    await buffer.incr('Page', { views: 1 }, { id: 1 });
    sink.fail(new Error('no'), { when: 'before' });
    await buffer.processPending();
    await buffer.incr('Page', { views: 10 }, { id: 1 });
    await buffer.processPending();
    await buffer.processPending();
    expect(sink.entries.map(({ columns }) => columns.views)).toEqual([1, 10]);
  });

  test('signal-only increments never suppress ordinary ones', async () => {
    const { bufferOf, sink } = await setup();
    const buffer = bufferOf();
    const incr = (views: number, signalOnly: boolean): Promise<void> =>
      buffer.incr('Page', { views }, { id: 1 }, {}, { signalOnly });
    await Promise.all([incr(1, false), incr(10, true), incr(100, false), incr(1000, true)]);
    expect(await buffer.get('Page', ['views'], { id: 1 })).toEqual({ views: 101 });
    await buffer.processPending();
    const sums = sink.entries.map(({ signalOnly, columns, filters }) => [
      signalOnly,
      columns.views,
      filters.id,
    ]);
    expect(sums.sort()).toEqual([
      [false, 101, 1],
      [true, 1010, 1],
    ]);
  });
});
