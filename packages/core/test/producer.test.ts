import { type Backend, type BufferEvents, type BufferOptions, createBuffer } from '@sluice/core';
import { packEntries, WRITE_BYTES, type Write } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink, seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { away, pendingIn, quiet, wrap } from './wrap.js';

type Fault = 'none' | 'lost before' | 'lost after' | 'refused' | 'failover';

/** A buffer of one partition over a memory store; the backend fails as `faults` says, one for each call of add. */
function setup(options: Partial<BufferOptions> = {}) {
  const clock = manualClock();
  const store = memory({ clock });
  const sink = recordingSink();
  const writes: Write[] = [];
  const times: number[] = [];
  const faults: Fault[] = [];
  let replica = store.snapshot();
  const replicate = (): void => {
    replica = store.snapshot();
  };
  const failover = (): void => store.restore(replica);
  const backend = wrap(store, {
    async add(write) {
      writes.push(structuredClone(write));
      times.push(clock.now());
      const fault = faults.shift() ?? 'none';
      if (fault === 'failover') failover();
      if (fault === 'refused') throw away('refused');
      if (fault === 'lost before') throw away('unknown');
      const result = await store.add(write);
      if (fault === 'lost after') throw away('unknown');
      return result;
    },
  });
  const buffer = createBuffer({
    backend,
    clock,
    partitions: 1,
    random: seededRandom(1),
    sink,
    logger: quiet,
    ...options,
  });
  const lost: BufferEvents['lost'][] = [];
  buffer.on('lost', (event) => lost.push(event));

  /** Counts once, and lets the time pass that repeats take. */
  const count = async (views = 1, id = 0): Promise<void> => {
    const done = buffer.incr('Page', { views }, { id });
    done.catch(() => {});
    await clock.advance(60_000);
    await done;
  };
  const pending = async (id = 0): Promise<number> =>
    (await buffer.get('Page', ['views'], { id })).views ?? Number.NaN;
  const numbers = (): string[] => {
    const producers = [...new Set(writes.map(({ producer }) => producer))];
    return writes.map(({ producer, number }) => `${'ABCDEF'[producers.indexOf(producer)]}${number}`);
  };
  return {
    replicate,
    failover,
    clock,
    store,
    sink,
    writes,
    times,
    faults,
    buffer,
    lost,
    count,
    pending,
    numbers,
  };
}

describe('a write', () => {
  test('is numbered 1, 2, 3 … under one producer id', async () => {
    const { count, numbers } = setup();
    for (let i = 0; i < 4; i += 1) await count();
    expect(numbers()).toEqual(['A1', 'A2', 'A3', 'A4']);
  });

  test('whose reply is lost is repeated unchanged, under its number, and counts once', async () => {
    const { count, faults, numbers, pending, writes } = setup();
    faults.push('lost after', 'lost before', 'lost after', 'refused');
    await count(5);
    expect(numbers()).toEqual(['A1', 'A1', 'A1', 'A1', 'A1']);
    for (const write of writes) expect(write).toEqual(writes[0]);
    expect(await pending()).toBe(5);
  });

  test('stays frozen while it is repeated: later increments go in the next one', async () => {
    const { buffer, clock, faults, numbers, pending, writes } = setup();
    faults.push('lost after', 'lost after');
    const first = buffer.incr('Page', { views: 1 }, { id: 0 });
    await clock.advance(5);
    const second = buffer.incr('Page', { views: 10 }, { id: 0 });
    await clock.advance(1000);
    await Promise.all([first, second]);
    expect(numbers()).toEqual(['A1', 'A1', 'A1', 'A2']);
    expect(writes[2]).toEqual(writes[0]);
    expect(await pending()).toBe(11);
  });

  test('is repeated after delays that grow', async () => {
    const { count, faults, times } = setup({ random: () => 0.5 });
    faults.push(...new Array<Fault>(10).fill('refused'));
    await count();
    const delays = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(delays).toEqual([15, 30, 60, 120, 240, 375, 375, 375, 375, 375]);
  });

  test('that is repeated reports the refusals of the first time', async () => {
    const { count, faults, pending } = setup();
    await count(Number.MAX_SAFE_INTEGER);
    faults.push('lost after');
    await expect(count(1)).rejects.toMatchObject({ code: 'ERR_SLUICE_OVERFLOW', outcome: 'refused' });
    expect(await pending()).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('after a failover to a replica that lags', () => {
  test('the writes that it misses are sent again, and the sum is exact', async () => {
    const { buffer, count, failover, lost, numbers, replicate, sink } = setup();
    await count(1);
    replicate();
    for (const views of [10, 100, 1000]) await count(views);
    failover();
    await count(10_000);
    expect(numbers()).toEqual(['A1', 'A2', 'A3', 'A4', 'A5', 'A2', 'A3', 'A4', 'A5']);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(11_111);
    expect(lost).toEqual([]);
  });

  test('also when the reply to the last write was lost with the master', async () => {
    const { buffer, clock, count, failover, faults, lost, pending, replicate } = setup();
    await count(1);
    replicate();
    await count(10);
    faults.push('lost after');
    const done = buffer.incr('Page', { views: 100 }, { id: 0 });
    await clock.advance(1);
    failover();
    await clock.advance(1000);
    await done;
    expect(await pending()).toBe(111);
    expect(lost).toEqual([]);
  });

  test('also when the backend goes away in the middle of the replay', async () => {
    const { count, failover, faults, lost, pending, replicate } = setup();
    await count(1);
    replicate();
    for (const views of [10, 100, 1000]) await count(views);
    failover();
    faults.push('none', 'lost after', 'lost before', 'none', 'lost after');
    await count(10_000);
    expect(await pending()).toBe(11_111);
    expect(lost).toEqual([]);
  });

  test('that happens again in the middle of the replay', async () => {
    const { count, failover, faults, lost, pending, replicate } = setup();
    await count(1);
    replicate();
    for (const views of [10, 100]) await count(views);
    failover();
    faults.push('none', 'none', 'failover');
    await count(1000);
    expect(await pending()).toBe(1111);
    expect(lost).toEqual([]);
  });

  test('that lags further than what is kept, the loss is reported and counting goes on', async () => {
    const { buffer, failover, lost, pending, replicate, writes } = setup();
    const text = 'x'.repeat(8000);
    const page = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 7 }, (_, id) => buffer.incr('Page', { views: 1 }, { id }, { text })));
    await page();
    replicate();
    for (let i = 0; i < 120; i += 1) await page();
    failover();
    await buffer.incr('Page', { views: 1 }, { id: 0 });
    expect(lost).toEqual([
      { partition: 0, producer: expect.any(String), from: 2, to: 121, reason: 'too far behind' },
    ]);
    expect(writes.at(-1)).toMatchObject({ number: writes.length - 1, follows: 1 });
    expect(await pending()).toBe(2);
  });

  test('what was refused is not sent again', async () => {
    const { buffer, count, failover, lost, pending, replicate } = setup();
    await count(Number.MAX_SAFE_INTEGER);
    replicate();
    await expect(count(5)).rejects.toMatchObject({ outcome: 'refused' });
    failover();
    await count(-10);
    expect(await pending()).toBe(Number.MAX_SAFE_INTEGER - 10);
    expect(lost).toEqual([]);
    await buffer.close();
  });

  test('what is refused now, and was acknowledged then, is lost, and its target named', async () => {
    const { buffer, count, failover, lost, pending, replicate, store } = setup();
    await count(1, 7);
    replicate();
    await count(5);
    await count(5, 1);
    failover();
    const other = createBuffer({ backend: store, partitions: 1 });
    await other.incr('Page', { views: Number.MAX_SAFE_INTEGER }, { id: 0 });
    await count(1, 7);
    expect(lost).toMatchObject([{ reason: 'refused', from: 2, to: 2, targets: ['["Page","id",0]'] }]);
    expect([await pending(0), await pending(1), await pending(7)]).toEqual([Number.MAX_SAFE_INTEGER, 5, 2]);
    await Promise.all([buffer.close(), other.close()]);
  });
});

describe('after the backend was wiped', () => {
  test('nothing is replayed: what was drained already would count twice', async () => {
    const { buffer, count, lost, sink, store } = setup();
    await count(1);
    await buffer.processPending();
    await count(10);
    store.restore({});
    await count(100);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(101);
    expect(lost).toEqual([{ partition: 0, producer: expect.any(String), from: 1, to: 2, reason: 'wiped' }]);
  });

  test('a first write to another partition has those that are idle find out', async () => {
    const partitionOf = async (id: number): Promise<number | undefined> => {
      const { count, store } = setup({ partitions: 8 });
      await count(1, id);
      return (await store.partitions(8))[0];
    };
    const first = await partitionOf(0);
    let other = 1;
    while ((await partitionOf(other)) === first) other += 1;
    const { buffer, count, lost, store } = setup({ partitions: 8 });
    await count(1, 0);
    store.restore({});
    await count(1, other);
    await buffer.flush();
    expect(lost).toMatchObject([{ partition: first, from: 1, to: 1, reason: 'wiped' }]);
  });

  test('the producer goes on under a new id, and reports the loss once', async () => {
    const { count, lost, numbers, store } = setup();
    await count();
    store.restore({});
    await count();
    await count();
    expect(numbers()).toEqual(['A1', 'A2', 'B1', 'B2']);
    expect(lost).toHaveLength(1);
  });

  test('a write whose reply was lost just before is of unknown outcome', async () => {
    const { buffer, clock, count, faults, pending, store } = setup();
    await count();
    faults.push('lost after');
    const done = buffer.incr('Page', { views: 10 }, { id: 0 });
    const error = expect(done).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_LOST', outcome: 'unknown' });
    await clock.advance(1);
    store.restore({});
    await clock.advance(1000);
    await error;
    await count(100);
    expect(await pending()).toBe(100);
  });

  test('every producer finds out, also those that come second', async () => {
    const { store, clock } = setup();
    const buffers = [1, 2].map((seed) =>
      createBuffer({ backend: store, clock, partitions: 1, random: seededRandom(seed) }),
    );
    const lost: string[] = [];
    for (const buffer of buffers) {
      buffer.on('lost', ({ reason }) => lost.push(reason));
      await buffer.incr('Page', { views: 1 }, {});
      await buffer.incr('Page', { views: 1 }, {});
    }
    store.restore({});
    for (const buffer of buffers) await buffer.incr('Page', { views: 10 }, {});
    expect(lost).toEqual(['wiped', 'wiped']);
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 20 });
  });
});

describe('a write that is given up', () => {
  test.each<[Fault, string]>([
    ['refused', 'refused'],
    ['lost before', 'unknown'],
    ['lost after', 'unknown'],
  ])('after writeTimeoutMs, each attempt %s, has the outcome %s', async (fault, outcome) => {
    const { count, faults } = setup({ writeTimeoutMs: 5000 });
    faults.push(...new Array<Fault>(50).fill(fault));
    await expect(count()).rejects.toMatchObject({
      name: 'IncrementError',
      code: 'ERR_SLUICE_WRITE_TIMEOUT',
      outcome,
    });
  });

  test('may have been counted if one of its attempts may have been', async () => {
    const { count, faults } = setup({ writeTimeoutMs: 5000 });
    faults.push('lost after', ...new Array<Fault>(50).fill('refused'));
    await expect(count()).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_TIMEOUT', outcome: 'unknown' });
  });

  test('leaves its number to nobody else: should it arrive late, it changes nothing', async () => {
    const { count, faults, numbers, pending, store, writes } = setup({ writeTimeoutMs: 1 });
    await count(1);
    faults.push('lost before');
    await expect(count(10)).rejects.toMatchObject({ outcome: 'unknown' });
    await count(100);
    expect(numbers()).toEqual(['A1', 'A2', 'A3', 'A2', 'A3']);
    expect(writes[3]).toMatchObject({ number: 2, entries: [] });
    await store.add(writes[1] as Write);
    expect(await pending()).toBe(101);
  });

  test('counts once if it did arrive', async () => {
    const { count, faults, numbers, pending } = setup({ writeTimeoutMs: 1 });
    await count(1);
    faults.push('lost after');
    await expect(count(10)).rejects.toMatchObject({ outcome: 'unknown' });
    await count(100);
    expect(numbers()).toEqual(['A1', 'A2', 'A3']);
    expect(await pending()).toBe(111);
  });

  test('gives its number back if it certainly changed nothing', async () => {
    const { count, faults, numbers, pending } = setup({ writeTimeoutMs: 1 });
    await count(1);
    faults.push('refused');
    await expect(count(10)).rejects.toMatchObject({ outcome: 'refused' });
    await count(100);
    expect(numbers()).toEqual(['A1', 'A2', 'A2']);
    expect(await pending()).toBe(101);
  });

  test.each<Fault>(['refused', 'lost before', 'lost after'])(
    'takes nothing along that was acknowledged, if a failover follows (%s)',
    async (fault) => {
      const { count, failover, faults, lost, pending, replicate } = setup({ writeTimeoutMs: 1 });
      await count(1);
      replicate();
      await count(10);
      faults.push(fault);
      await expect(count(100)).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_TIMEOUT' });
      failover();
      await count(1000);
      expect(await pending()).toBe(1011);
      expect(lost).toEqual([]);
    },
  );

  test('as the first one of all, is no reason to report a loss', async () => {
    const { count, faults, lost, numbers } = setup({ writeTimeoutMs: 1 });
    faults.push('lost before');
    await expect(count()).rejects.toMatchObject({ outcome: 'unknown' });
    await count();
    expect(numbers()).toEqual(['A1', 'A2', 'A1', 'A2']);
    expect(lost).toEqual([]);
  });

  test.each(['refused', 'unknown'] as const)('at once when repeating cannot help (%s)', async (outcome) => {
    const { store, clock } = setup();
    let calls = 0;
    const backend = wrap(store, {
      add: () => {
        calls += 1;
        return Promise.reject(away(outcome, false));
      },
    });
    const buffer = createBuffer({ backend, clock, logger: quiet });
    await expect(buffer.incr('Page', { views: 1 }, {})).rejects.toMatchObject({
      code: 'ERR_SLUICE_WRITE_FAILED',
      outcome,
    });
    expect(calls).toBe(1);
  });

  test('when the backend throws what backends do not throw, is of unknown outcome', async () => {
    const { store, clock } = setup();
    const buffer = createBuffer({
      backend: wrap(store, { add: () => Promise.reject(new TypeError('a bug')) }),
      clock,
    });
    await expect(buffer.incr('Page', { views: 1 }, {})).rejects.toMatchObject({
      code: 'ERR_SLUICE_WRITE_FAILED',
      outcome: 'unknown',
      cause: new TypeError('a bug'),
    });
  });

  test('rejects all that was in it, and nothing else', async () => {
    const { buffer, clock, faults, pending } = setup({ writeTimeoutMs: 1 });
    faults.push('refused');
    const together = [1, 2].map((id) => buffer.incr('Page', { views: 1 }, { id }));
    const settled = Promise.allSettled(together);
    await Promise.resolve();
    const later = buffer.incr('Page', { views: 1 }, { id: 1 });
    await clock.advance(100);
    await later;
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await pending(1)).toBe(1);
    expect(await pending(2)).toBe(0);
    expect((await buffer.stats()).held).toBe(0);
  });
});

describe('a producer that idles', () => {
  test('keeps its id, however long that lasts', async () => {
    const { clock, count, lost, numbers, pending } = setup();
    await count();
    await clock.advance(300 * 24 * 60 * 60_000);
    await count();
    expect(numbers()).toEqual(['A1', 'A2']);
    expect(await pending()).toBe(2);
    expect(lost).toEqual([]);
  });

  test('hears of a wipe as soon as another partition does', async () => {
    const { clock, store } = setup();
    const buffer = createBuffer({ backend: store, clock, partitions: 4, random: seededRandom(1) });
    const lost: number[] = [];
    buffer.on('lost', ({ partition }) => lost.push(partition));
    for (let id = 0; id < 20; id += 1) await buffer.incr('Page', { views: 1 }, { id });
    store.restore({});
    await buffer.incr('Page', { views: 1 }, { id: 0 });
    await buffer.flush();
    expect(lost.sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('after a change of the connection', () => {
  /** A setup whose backend calls `changed` as when its connection was lost. */
  function connected() {
    let changed = (): void => {};
    const clock = manualClock();
    const store = memory({ clock });
    let isAway = false;
    const backend = wrap(store, {
      onConnectionChange(listener) {
        changed = listener;
        return () => {};
      },
      async add(write) {
        if (isAway) throw away('refused');
        return store.add(write);
      },
    });
    const buffer = createBuffer({ backend, clock, partitions: 4, random: seededRandom(1), logger: quiet });
    const lost: BufferEvents['lost'][] = [];
    buffer.on('lost', (event) => lost.push(event));
    const count = async (): Promise<void> => {
      for (let id = 0; id < 20; id += 1) await buffer.incr('Page', { views: 1 }, { id });
    };
    const pending = async (): Promise<number> => {
      const pages = await buffer.getMany(
        'Page',
        ['views'],
        Array.from({ length: 20 }, (_, id) => ({ id })),
      );
      return pages.reduce((sum, { views = 0 }) => sum + views, 0);
    };
    const setAway = (value: boolean): void => {
      isAway = value;
    };
    return { buffer, clock, store, lost, count, pending, changed: () => changed(), setAway };
  }

  test('idle producers send again what the data lacks', async () => {
    const { buffer, store, lost, count, pending, changed } = connected();
    await count();
    const replica = store.snapshot();
    await count();
    store.restore(replica);
    changed();
    await buffer.flush();
    expect(await pending()).toBe(40);
    expect(lost).toEqual([]);
    await buffer.close();
  });

  test('a closed buffer no longer listens', async () => {
    const listeners = new Set<() => void>();
    const backend = wrap(memory(), {
      onConnectionChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    });
    const [first, second] = [createBuffer({ backend }), createBuffer({ backend })];
    expect(listeners.size).toBe(2);
    await first.close();
    expect(listeners.size).toBe(1);
    await second.close();
    expect(listeners.size).toBe(0);
  });

  test('also if the backend is away for a while', async () => {
    const { buffer, clock, store, count, pending, changed, setAway } = connected();
    await count();
    const replica = store.snapshot();
    await count();
    store.restore(replica);
    setAway(true);
    changed();
    await clock.advance(5000);
    expect(await pending()).toBe(20);
    setAway(false);
    await clock.advance(5000);
    expect(await pending()).toBe(40);
    await buffer.close();
  });

  test('also if that takes longer than writeTimeoutMs; nothing is left of it after close()', async () => {
    const { buffer, clock, store, count, pending, changed, setAway } = connected();
    await count();
    const replica = store.snapshot();
    await count();
    store.restore(replica);
    setAway(true);
    changed();
    await clock.advance(120_000);
    setAway(false);
    await clock.advance(5000);
    expect(await pending()).toBe(40);
    setAway(true);
    changed();
    await clock.advance(120_000);
    const closed = buffer.close();
    await clock.advance(60_000);
    await closed;
    expect(clock.timers).toBe(0);
  });

  test('increments that come meanwhile wait for that', async () => {
    const { buffer, store, count, pending, changed } = connected();
    await count();
    const replica = store.snapshot();
    await count();
    store.restore(replica);
    changed();
    await count();
    expect(await pending()).toBe(60);
    await buffer.close();
  });

  test('what was wiped is told as lost', async () => {
    const { buffer, store, lost, count, changed } = connected();
    await count();
    store.restore({});
    changed();
    await buffer.flush();
    expect(lost.map(({ partition, reason }) => `${partition} ${reason}`).sort()).toEqual(
      [0, 1, 2, 3].map((partition) => `${partition} wiped`),
    );
    await buffer.close();
  });

  test('a producer that never wrote does nothing', async () => {
    const { buffer, store, changed } = connected();
    changed();
    await buffer.flush();
    expect(await store.partitions(4)).toEqual([]);
    await buffer.close();
  });
});

describe('a buffer that writes nothing more', () => {
  test.each(['flush', 'close'] as const)('hears of a wipe by %s()', async (call) => {
    const { buffer, count, lost, store } = setup();
    await count();
    store.restore({});
    await buffer[call]();
    expect(lost).toMatchObject([{ partition: 0, from: 1, to: 1, reason: 'wiped' }]);
  });
});

describe('a producer that the backend has forgotten', () => {
  /** So many producers come and go that the first ones are forgotten. */
  async function forget(store: Backend): Promise<void> {
    for (let id = 0; id < 5000; id += 1) {
      const { epoch, position } = await store.join(0, 1);
      await store.add({
        partition: 0,
        producer: `passing-${id}`,
        number: 1,
        follows: 0,
        nonce: `${id}`,
        epoch,
        position,
        entries: [],
      });
    }
  }

  test('replays nothing, and goes on under a new id', async () => {
    const { count, lost, numbers, pending, sink, buffer, store } = setup();
    for (const views of [1, 10, 100]) await count(views);
    await buffer.processPending();
    await forget(store);
    await count(1000);
    expect(await pending()).toBe(1000);
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(1111);
    expect(numbers().slice(0, 3)).toEqual(['A1', 'A2', 'A3']);
    expect(numbers().at(-1)).toMatch(/^[B-Z]1$|^undefined1$/);
    expect(lost).toEqual([]);
  });

  test('does not know whether a write counted whose reply was lost before', async () => {
    const { buffer, clock, count, faults, pending, store } = setup();
    await count(1);
    faults.push('lost after');
    const done = buffer.incr('Page', { views: 10 }, { id: 0 });
    done.catch(() => {});
    await clock.advance(1);
    await forget(store);
    await clock.advance(60_000);
    await expect(done).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_LOST', outcome: 'unknown' });
    await count(100);
    expect(await pending()).toBe(111);
  });

  test('writes again what was certainly not taken', async () => {
    const { buffer, clock, count, faults, pending, store } = setup();
    await count(1);
    faults.push('refused');
    const done = buffer.incr('Page', { views: 10 }, { id: 0 });
    await clock.advance(1);
    await forget(store);
    await clock.advance(60_000);
    await done;
    expect(await pending()).toBe(11);
  });
});

describe('copies of one producer', () => {
  test('all count, though they use the same ids and numbers', async () => {
    const clock = manualClock();
    const store = memory({ clock });
    const copies = [1, 2, 3].map(() =>
      createBuffer({ backend: store, clock, partitions: 1, random: seededRandom(7), logger: quiet }),
    );
    for (let n = 0; n < 5; n += 1) {
      const counted = copies.map((copy) => copy.incr('Page', { views: 1 }, {}));
      await clock.advance(60_000);
      await Promise.all(counted);
    }
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 15 });
  });

  test('also one after the other', async () => {
    const store = memory();
    for (let n = 0; n < 3; n += 1) {
      const buffer = createBuffer({ backend: store, partitions: 1, random: seededRandom(7) });
      await buffer.incr('Page', { views: 1 }, {});
      await buffer.close();
    }
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 3 });
  });
});

describe('writes and bytes', () => {
  test('a write is bounded by bytes, too; one that is too large alone goes alone', async () => {
    const { buffer, pending, writes } = setup();
    const text = 'é'.repeat(8000);
    const counted = Array.from({ length: 100 }, (_, id) =>
      buffer.incr('Page', { views: id }, { id }, { text }),
    );
    await Promise.all(counted);
    const sizes = writes.map(({ entries }) => Buffer.byteLength(packEntries(entries)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(WRITE_BYTES);
    expect(writes.length).toBeLessThan(30);
    for (let id = 0; id < 100; id += 1) expect(await pending(id)).toBe(id);
    const extra = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`text${n}`, text]));
    await Promise.all([
      buffer.incr('Page', { views: 1 }, { id: 'a' }),
      buffer.incr('Page', { views: 1 }, { id: 'b' }, extra),
      buffer.incr('Page', { views: 1 }, { id: 'c' }),
    ]);
    expect(writes.slice(-3).map(({ entries }) => entries.length)).toEqual([1, 1, 1]);
  });

  test('what one of them refuses, or fails on, does not touch the others', async () => {
    const { buffer, clock, faults, pending } = setup({ writeTimeoutMs: 1 });
    const text = 'x'.repeat(8000);
    await Promise.all([buffer.incr('Page', { views: Number.MAX_SAFE_INTEGER }, { id: 50 })]);
    faults.push('none', 'refused');
    const counted = Array.from({ length: 100 }, (_, id) =>
      buffer.incr('Page', { views: 1 }, { id }, { text }),
    );
    const settled = Promise.allSettled(counted);
    await clock.advance(60_000);
    const rejected = (await settled).flatMap(({ status }, id) => (status === 'rejected' ? [id] : []));
    expect(rejected.length).toBeGreaterThan(5);
    expect(rejected.length).toBeLessThan(12);
    for (let id = 0; id < 100; id += 1) {
      if (id !== 50) expect(await pending(id)).toBe(rejected.includes(id) ? 0 : 1);
    }
  });
});
