import { createBuffer, SluiceError } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { type Backend, type ClaimResult, CorruptEntryError, targetKey } from '../src/backend.js';
import { partitionOf } from '../src/support/partition.js';
import { countingService } from './counting-service.js';
import { quiet, wrap } from './wrap.js';

const LIMIT = Number.MAX_SAFE_INTEGER;
const MINUTE_MS = 60_000;

/** A backend of which a test sees the calls, and a buffer with 2 partitions that reads from it. */
function setup(overrides: (store: Backend) => Partial<Backend> = () => ({})) {
  const clock = manualClock();
  const store = memory({ clock });
  const calls: string[] = [];
  const seen = new Proxy(wrap(store, overrides(store)), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
  const buffer = createBuffer({ backend: seen, partitions: 2, clock, logger: quiet });
  let claims = 0;
  const claim = (partition: number, claimToken = `claim ${claims}`): Promise<ClaimResult> => {
    claims += 1;
    const batchIdPrefix = `${partition}-batch${claims}`;
    return store.claim(partition, {
      size: 100,
      bytes: 1_000_000,
      leaseMs: 1000,
      batchIdPrefix,
      claimToken,
      worker: 'worker',
      early: false,
    });
  };
  const lease = async (partition: number) => {
    const claimed = await claim(partition);
    if (claimed.status !== 'leased') throw new Error(`the partition is ${claimed.status}`);
    return claimed;
  };
  const get = async (id: number) => (await buffer.get('Page', ['views'], { id })).views;
  const countWith = (partitions: number) => countingService(store, partitions, clock);
  return { buffer, calls, clock, countWith, get, lease, store };
}

/** An id whose target has different partitions under both counts. */
function idThatMoves(from: number, to: number): number {
  for (let id = 0; ; id += 1) {
    const key = targetKey('Page', { id });
    if (partitionOf(key, from) !== partitionOf(key, to)) return id;
  }
}

describe('get', () => {
  test('counts what is pending and what a batch holds, until the batch is settled', async () => {
    const { clock, countWith, get, lease, store } = setup();
    const count = countWith(2);
    const partition = await count(3, 1);
    await lease(partition);
    expect(await get(1)).toBe(3);
    await count(4, 1);
    expect(await get(1)).toBe(7);
    await clock.advance(1000);
    const { leaseToken } = await lease(partition);
    expect(await get(1)).toBe(7);
    await store.nack(partition, leaseToken, { reason: 'down', isVerdict: false, delayMs: 500 });
    expect(await get(1)).toBe(7);
    await clock.advance(500);
    await store.ack(partition, (await lease(partition)).leaseToken);
    expect(await get(1)).toBe(4);
  });

  test('does not count dead letters', async () => {
    const { countWith, get, lease, store } = setup();
    const partition = await countWith(2)(3, 1);
    const { leaseToken } = await lease(partition);
    await store.bury(partition, leaseToken, [{ index: 0, reason: 'refused' }]);
    expect(await get(1)).toBe(0);
  });

  test('finds what services with other numbers of partitions counted, also such as came later', async () => {
    const { countWith, get } = setup();
    const id = idThatMoves(2, 7);
    await countWith(2)(1, id);
    expect(await get(id)).toBe(1);
    await countWith(7)(10, id);
    expect(await get(id)).toBe(11);
    await countWith(4096)(100, id);
    expect(await get(id)).toBe(111);
  });

  test('looks where its own number of partitions puts a target, even if no producer is known to have it', async () => {
    const { countWith, get } = setup(() => ({ partitionCounts: async () => [] }));
    await countWith(2)(3, 1);
    expect([await get(1), await get(1)]).toEqual([3, 3]);
  });

  test('asks for the numbers of partitions in the same tick, and again only for what is new', async () => {
    const { buffer, calls, countWith } = setup();
    const id = idThatMoves(2, 7);
    await countWith(7)(1, id);
    const first = buffer.get('Page', ['views'], { id });
    expect(calls).toEqual(['read', 'partitionCounts']);
    await first;
    expect(calls).toEqual(['read', 'partitionCounts', 'read']);
    expect(await buffer.get('Page', ['views'], { id })).toEqual({ views: 1 });
    expect(calls.slice(3)).toEqual(['read', 'partitionCounts']);
  });

  test('is exact, or says that it cannot be', async () => {
    const { buffer, countWith, get, lease } = setup();
    const id = idThatMoves(2, 7);
    const [count, other] = [countWith(2), countWith(7)];
    await lease(await count(LIMIT, id));
    // In between, the sum is one that numbers round.
    await count(4, id);
    await other(-4, id);
    expect(await get(id)).toBe(LIMIT);
    await other(1, id);
    const overflow = {
      name: 'OverflowError',
      code: 'ERR_SLUICE_OVERFLOW',
      message: expect.stringContaining(`"views" of ["Page","id",${id}]`),
    };
    await expect(get(id)).rejects.toMatchObject(overflow);
    await expect(buffer.getMany('Page', ['views'], [{ id }])).rejects.toMatchObject(overflow);
    expect(await buffer.get('Page', ['likes'], { id })).toEqual({ likes: 0 });
  });
});

describe('getMany', () => {
  test('returns the sums in the order of the filters, in one trip', async () => {
    const { buffer, calls, countWith } = setup();
    const count = countWith(2);
    for (const id of [1, 2, 3]) await count(id * 10, id);
    const ids = [3, 9, 1, 2, 1].map((id) => ({ id }));
    const sums = await buffer.getMany('Page', ['views', 'likes'], ids);
    expect(sums.map(({ views }) => views)).toEqual([30, 0, 10, 20, 10]);
    expect(sums.map(({ likes }) => likes)).toEqual([0, 0, 0, 0, 0]);
    expect(calls).toEqual(['read', 'partitionCounts']);
  });

  test('of no targets reads nothing', async () => {
    const { buffer, calls } = setup();
    expect(await buffer.getMany('Page', ['views'], [])).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('finds what other services counted', async () => {
    const { buffer, countWith } = setup();
    const id = idThatMoves(2, 7);
    await countWith(2)(1, id);
    await countWith(7)(10, id);
    expect(await buffer.getMany('Page', ['views'], [{ id }])).toEqual([{ views: 11 }]);
  });
});

test('an unreadable entry is an error that names its target', async () => {
  const bad = targetKey('Page', { id: 5 });
  const { buffer, get } = setup((store) => ({
    async read(targets) {
      if (targets.some(({ key }) => key === bad)) throw new CorruptEntryError('A stored entry is not JSON.');
      return store.read(targets);
    },
  }));
  const corrupt = {
    name: 'CorruptEntryError',
    code: 'ERR_SLUICE_CORRUPT_ENTRY',
    message: expect.stringMatching(/partition \d holds of \["Page","id",5\].*is not JSON/),
  };
  await expect(get(5)).rejects.toMatchObject(corrupt);
  const ids = [4, 5, 6].map((id) => ({ id }));
  await expect(buffer.getMany('Page', ['views'], ids)).rejects.toMatchObject(corrupt);
  await expect(get(5)).rejects.toBeInstanceOf(SluiceError);
  expect(await get(4)).toBe(0);
});

describe('stats', () => {
  test('show a batch that has been failing for 41 minutes', async () => {
    const { buffer, clock, countWith, lease, store } = setup();
    const partition = await countWith(2)(3, 1);
    await clock.advance(1000);
    const { leaseToken, batch } = await lease(partition);
    await store.nack(partition, leaseToken, { reason: 'no such table', isVerdict: true, delayMs: 5 });
    await clock.advance(41 * MINUTE_MS);
    const stats = await buffer.stats();
    expect(stats).toMatchObject({
      held: 0,
      pending: 0,
      claimed: 1,
      oldestPendingMs: 41 * MINUTE_MS + 1000,
      added: 1,
      taken: 1,
    });
    expect(stats.partitions.find((each) => each.partition === partition)?.batch).toEqual({
      id: batch.id,
      ageMs: 41 * MINUTE_MS,
      attempt: 1,
      failures: 1,
      isLeased: false,
      dueInMs: 0,
      lastError: 'no such table',
      failingForMs: 41 * MINUTE_MS,
    });
  });

  test('look at the partitions of the buffer, listed or not; dead letters and processing do, too', async () => {
    const known: number[] = [];
    const store = memory();
    const backend = wrap(store, {
      stats: async (count) => {
        known.push(count);
        return store.stats(count);
      },
      partitions: async (count) => {
        known.push(count);
        return store.partitions(count);
      },
    });
    const buffer = createBuffer({ backend, partitions: 5, sink: async () => {} });
    await buffer.stats();
    await buffer.processPending();
    await buffer.deadLetters.list();
    await buffer.deadLetters.redrive('all');
    expect(known).toEqual([5, 5, 5, 5]);
  });
});

describe('peek', () => {
  test('shows each entry that is held, wherever it is, and what is signal-only', async () => {
    const { buffer, countWith, lease } = setup();
    const id = idThatMoves(2, 7);
    const claimed = await countWith(2)(1, id);
    await lease(claimed);
    await buffer.incr('Page', { views: 2 }, { id }, { title: 'Docs' });
    await buffer.incr('Page', { views: 4 }, { id }, {}, { signalOnly: true });
    const other = await countWith(7)(8, id);
    const held = await buffer.peek('Page', { id });
    const entry = (views: number, more: object = {}) =>
      expect.objectContaining({ model: 'Page', filters: { id }, columns: { views }, ...more });
    expect(held).toHaveLength(4);
    expect(held).toEqual(
      expect.arrayContaining([
        { partition: claimed, isClaimed: true, entry: entry(1) },
        {
          partition: claimed,
          isClaimed: false,
          entry: entry(2, { extra: { title: { rule: 'last', value: 'Docs' } } }),
        },
        { partition: expect.any(Number), isClaimed: false, entry: entry(4, { signalOnly: true }) },
        { partition: other, isClaimed: false, entry: entry(8) },
      ]),
    );
  });

  test('shows nothing for a target of which nothing is held, and refuses one that is none', async () => {
    const { buffer } = setup();
    expect(await buffer.peek('Page', { id: 1 })).toEqual([]);
    await expect(buffer.peek('Page', { id: [] as never })).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_FILTER',
    });
  });

  test('says which target is unreadable', async () => {
    const corrupt = () => Promise.reject(new CorruptEntryError('it is torn'));
    const { buffer } = setup(() => ({ read: corrupt }));
    await expect(buffer.peek('Page', { id: 1 })).rejects.toMatchObject({
      code: 'ERR_SLUICE_CORRUPT_ENTRY',
      message: expect.stringContaining('["Page","id",1]'),
    });
  });
});
