import { type BufferOptions, createBuffer, max } from '@sluice/core';
import { targetKey, type Write } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { manualClock } from '@sluice/testing';
import { describe, expect, test, vi } from 'vitest';
import { partitionOf } from '../src/support/partition.js';
import { pendingIn, wrap } from './wrap.js';

/** A buffer of one partition whose writes are recorded, and wait while `gate` is shut. */
function setup(options: Partial<BufferOptions> = {}) {
  const clock = manualClock();
  const store = memory({ clock });
  const writes: Write[] = [];
  let opened = Promise.resolve();
  const gate = {
    open: (): void => {},
    shut(): void {
      opened = new Promise((resolve) => {
        gate.open = resolve;
      });
    },
  };
  const backend = wrap(store, {
    async add(write) {
      writes.push(structuredClone(write));
      await opened;
      return store.add(write);
    },
  });
  const buffer = createBuffer({ backend, clock, partitions: 1, ...options });
  const sizes = (): number[] => writes.map(({ entries }) => entries.length);
  return { clock, store, buffer, writes, sizes, gate };
}

/** The same, just after a write. */
async function afterWrite(options: Partial<BufferOptions>) {
  const world = setup(options);
  await world.buffer.incr('Page', { views: 1 }, { id: -1 });
  world.writes.length = 0;
  return world;
}

const LIMIT = Number.MAX_SAFE_INTEGER;

describe('group commit', () => {
  test('increments of one tick go in one write, added up', async () => {
    const { buffer, writes } = setup();
    await Promise.all(Array.from({ length: 100 }, () => buffer.incr('Page', { views: 1 }, { path: '/' })));
    expect(writes.map(({ entries }) => entries)).toEqual([
      [{ key: '["Page","path","/"]', fields: { '+views': 100 } }],
    ]);
  });

  test('they are written under fake timers, too', async () => {
    const { buffer, writes } = setup();
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'queueMicrotask', 'Date'] });
    try {
      await buffer.incr('Page', { views: 1 }, { path: '/' });
    } finally {
      vi.useRealTimers();
    }
    expect(writes).toHaveLength(1);
  });

  test('increments made during a write merge into the next one', async () => {
    const { buffer, clock, gate, sizes, writes } = setup();
    gate.shut();
    const first = buffer.incr('Page', { views: 1 }, { path: '/' });
    await clock.advance(0);
    const during = [1, 2, 3].map((views) => buffer.incr('Page', { views }, { path: '/' }));
    await clock.advance(1000);
    expect(sizes()).toEqual([1]);
    gate.open();
    await Promise.all([first, ...during]);
    expect(writes.map(({ entries }) => entries[0]?.fields)).toEqual([{ '+views': 1 }, { '+views': 6 }]);
    expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 7 });
  });

  test('no increment changes a write that is under way', async () => {
    const { buffer, clock, gate, store } = setup();
    gate.shut();
    const first = buffer.incr('Page', { views: 1 }, {}, { seen: max(1) });
    await clock.advance(0);
    const second = buffer.incr('Page', { views: 1 }, {}, { seen: max(2) });
    gate.open();
    await first;
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 1, '>seen': 1 });
    await second;
    expect(await pendingIn(store, '["Page"]')).toMatchObject({ '+views': 2, '>seen': 2 });
  });

  test('incr resolves only when the backend holds the increment', async () => {
    const { buffer, clock, gate } = setup();
    gate.shut();
    let resolved = false;
    const done = buffer.incr('Page', { views: 1 }, {}).then(() => (resolved = true));
    await clock.advance(10_000);
    expect(resolved).toBe(false);
    gate.open();
    await done;
  });

  test('a write has 250 targets at most, in the order of their first increments', async () => {
    const { buffer, sizes, writes } = setup();
    await Promise.all(Array.from({ length: 600 }, (_, id) => buffer.incr('Page', { views: 1 }, { id })));
    expect(sizes()).toEqual([250, 250, 100]);
    expect(writes.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(
      Array.from({ length: 600 }, (_, id) => `["Page","id",${id}]`),
    );
  });

  test('a full write waits for the one under way', async () => {
    const { buffer, clock, gate, sizes } = setup();
    const counted = [buffer.incr('Page', { views: 1 }, { id: -1 })];
    gate.shut();
    await clock.advance(0);
    for (let id = 0; id < 400; id += 1) counted.push(buffer.incr('Page', { views: 1 }, { id }));
    await clock.advance(1000);
    expect(sizes()).toEqual([1]);
    gate.open();
    await Promise.all(counted);
    expect(sizes()).toEqual([1, 250, 150]);
  });

  test('partitions are written side by side, each with one write under way at most', async () => {
    const clock = manualClock();
    const store = memory({ clock });
    const underWay = new Map<number, number>();
    let side = 0;
    const backend = wrap(store, {
      async add(write) {
        const running = (underWay.get(write.partition) ?? 0) + 1;
        expect(running).toBe(1);
        underWay.set(write.partition, running);
        side = Math.max(
          side,
          [...underWay.values()].reduce((sum, n) => sum + n, 0),
        );
        await new Promise<void>((resolve) => void clock.after(write.partition + 1, resolve));
        underWay.set(write.partition, 0);
        return store.add(write);
      },
    });
    const buffer = createBuffer({ backend, clock, partitions: 4 });
    const all: Promise<void>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let id = 0; id < 16; id += 1) all.push(buffer.incr('Page', { views: 1 }, { id }));
      await clock.advance(1);
    }
    await clock.advance(100);
    await Promise.all(all);
    expect(side).toBe(4);
    for (let id = 0; id < 16; id += 1)
      expect(await buffer.get('Page', ['views'], { id })).toEqual({ views: 20 });
  });
});

describe('lingerMs', () => {
  test('what comes after a quiet time is written at once', async () => {
    const { buffer, clock, sizes } = setup({ lingerMs: 50 });
    await buffer.incr('Page', { views: 1 }, { id: 1 });
    await clock.advance(50);
    await buffer.incr('Page', { views: 1 }, { id: 2 });
    expect(sizes()).toEqual([1, 1]);
    expect(clock.timers).toBe(0);
  });

  test('what comes soon after a write waits until that is so long ago', async () => {
    const { buffer, clock, sizes } = await afterWrite({ lingerMs: 50 });
    const first = buffer.incr('Page', { views: 1 }, { id: 1 });
    await clock.advance(49);
    const second = buffer.incr('Page', { views: 1 }, { id: 2 });
    expect(sizes()).toEqual([]);
    await clock.advance(1);
    await Promise.all([first, second]);
    expect(sizes()).toEqual([2]);
  });

  test('a clock that is set back makes nobody wait longer', async () => {
    const manual = manualClock();
    let offset = 0;
    const clock = { now: () => manual.now() + offset, after: manual.after.bind(manual) };
    const { buffer, sizes } = await afterWrite({ lingerMs: 50, clock });
    offset = -3_600_000;
    const counted = buffer.incr('Page', { views: 1 }, { id: 1 });
    await manual.advance(50);
    expect(sizes()).toEqual([1]);
    await counted;
  });

  test('a write that is full waits, too: the more, the better they merge', async () => {
    const { buffer, clock, sizes } = await afterWrite({ lingerMs: 50 });
    const count = () => Array.from({ length: 600 }, (_, id) => buffer.incr('Page', { views: 1 }, { id }));
    const first = count();
    await clock.advance(49);
    const second = count();
    expect(sizes()).toEqual([]);
    await clock.advance(1);
    await Promise.all([...first, ...second]);
    expect(sizes()).toEqual([250, 250, 100]);
  });

  test('ends early when seven eighths of maxTargets are held', async () => {
    const { buffer, sizes } = await afterWrite({ lingerMs: 50, maxTargets: 400 });
    const count = (from: number, to: number): Promise<void>[] =>
      Array.from({ length: to - from }, (_, i) => buffer.incr('Page', { views: 1 }, { id: from + i }));
    const first = count(0, 349);
    await buffer.stats();
    expect(sizes()).toEqual([]);
    const last = count(349, 350);
    await Promise.all(first.slice(0, 250));
    expect(sizes()).toEqual([250]);
    await buffer.close();
    await Promise.all([...first, ...last]);
  });

  test('ends early even when each partition holds few targets', async () => {
    const { buffer, sizes } = await afterWrite({ lingerMs: 50, maxTargets: 100, partitions: 8 });
    for (let id = 0; id < 1000; id += 1) {
      void buffer.incr('Page', { views: 1 }, { id });
      await buffer.stats();
    }
    expect(sizes().length).toBeGreaterThan(0);
    await buffer.close();
    expect(sizes().reduce((sum, size) => sum + size, 0)).toBe(1000);
  });

  test('flush does not wait', async () => {
    const { buffer, clock, sizes } = await afterWrite({ lingerMs: 50 });
    const done = buffer.incr('Page', { views: 1 }, {});
    await buffer.flush();
    await done;
    expect(sizes()).toEqual([1]);
    await clock.advance(100);
    expect(sizes()).toEqual([1]);
    expect(clock.timers).toBe(0);
  });

  test('what came during a write lingers, too', async () => {
    const { buffer, clock, gate, sizes } = setup({ lingerMs: 50 });
    gate.shut();
    const first = buffer.incr('Page', { views: 1 }, { id: 1 });
    await clock.advance(0);
    const second = buffer.incr('Page', { views: 1 }, { id: 2 });
    gate.open();
    await first;
    await clock.advance(49);
    expect(sizes()).toEqual([1]);
    await clock.advance(1);
    await second;
    expect(sizes()).toEqual([1, 1]);
  });

  test('all partitions are written together', async () => {
    const { buffer, clock, writes } = await afterWrite({ lingerMs: 50, partitions: 4 });
    const counted = [];
    for (let id = 0; id < 40; id += 1) {
      counted.push(buffer.incr('Page', { views: 1 }, { id }));
      await clock.advance(1);
    }
    expect(writes).toEqual([]);
    await clock.advance(10);
    expect(writes.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3]);
    await Promise.all(counted);
  });

  test('a caller that awaits each increment before the next is not slowed down for long', async () => {
    const { buffer, clock, sizes } = setup({ lingerMs: 50 });
    for (let id = 0; id < 4; id += 1) {
      const counted = buffer.incr('Page', { views: 1 }, { id });
      await clock.advance(50);
      await counted;
    }
    for (let id = 0; id < 100; id += 1) await buffer.incr('Page', { views: 1 }, { id });
    expect(sizes()).toEqual(Array(104).fill(1));
    expect(clock.timers).toBe(0);
  });

  test('but increments that are held at once gather again', async () => {
    const { buffer, clock, sizes } = setup({ lingerMs: 50 });
    for (let id = 0; id < 5; id += 1) {
      const counted = buffer.incr('Page', { views: 1 }, { id });
      await clock.advance(50);
      await counted;
    }
    await buffer.incr('Page', { views: 1 }, { id: 5 });
    const counted = [6, 7, 8].map((id) => buffer.incr('Page', { views: 1 }, { id }));
    await Promise.all(counted);
    expect(sizes().slice(6)).toEqual([3]);
    const next = [buffer.incr('Page', { views: 1 }, { id: 9 })];
    await clock.advance(49);
    next.push(buffer.incr('Page', { views: 1 }, { id: 10 }));
    expect(sizes().slice(7)).toEqual([]);
    await clock.advance(1);
    await Promise.all(next);
    expect(sizes().slice(7)).toEqual([2]);
  });

  test('is what the backend says, unless an option or a clock does', async () => {
    const writes: Write[] = [];
    const store = memory();
    const backend = Object.assign(
      wrap(store, {
        add(write) {
          writes.push(write);
          return store.add(write);
        },
      }),
      {
        lingerMs: 60_000,
      },
    );
    const lingering = createBuffer({ backend });
    await lingering.incr('Page', { views: 1 }, { id: 1 });
    const counted = lingering.incr('Page', { views: 1 }, { id: 1 });
    await lingering.stats();
    expect(writes).toHaveLength(1);
    await lingering.flush();
    await counted;
    for (const options of [{ lingerMs: 0 }, { clock: manualClock() }]) {
      const atOnce = createBuffer({ backend, ...options });
      await atOnce.incr('Page', { views: 1 }, { id: 1 });
      await atOnce.incr('Page', { views: 1 }, { id: 1 });
    }
    expect(writes).toHaveLength(6);
  });
});

describe('flush', () => {
  test('resolves at once when nothing is held', async () => {
    const { buffer, sizes } = setup();
    await buffer.flush();
    expect(sizes()).toEqual([]);
  });

  test('waits for everything that was incremented before, whatever write it is in', async () => {
    const { buffer, clock, gate, store } = setup();
    gate.shut();
    const counted = [buffer.incr('Page', { views: 1 }, { id: 1 })];
    await clock.advance(0);
    counted.push(buffer.incr('Page', { views: 1 }, { id: 1 }), buffer.incr('Page', { views: 1 }, { id: 2 }));
    const flushed = buffer.flush();
    gate.open();
    await flushed;
    expect(await pendingIn(store, '["Page","id",1]')).toMatchObject({ '+views': 2 });
    expect(await pendingIn(store, '["Page","id",2]')).toMatchObject({ '+views': 1 });
    await Promise.all(counted);
  });

  test('rejects with the first error if the backend refused an increment', async () => {
    const { buffer } = setup();
    await buffer.incr('Page', { views: LIMIT }, {});
    const refused = buffer.incr('Page', { views: 1 }, {});
    await expect(buffer.flush()).rejects.toMatchObject({ code: 'ERR_SLUICE_OVERFLOW' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SLUICE_OVERFLOW' });
  });
});

describe('maxTargets', () => {
  test('further targets are refused, known ones still count, and room comes back', async () => {
    const { buffer, clock, gate } = setup({ maxTargets: 2 });
    gate.shut();
    const taken = [1, 2].map((id) => buffer.incr('Page', { views: 1 }, { id }));
    const refused = buffer.incr('Page', { views: 1 }, { id: 3 });
    taken.push(buffer.incr('Page', { views: 1 }, { id: 1 }));
    await expect(refused).rejects.toMatchObject({
      name: 'IncrementError',
      code: 'ERR_SLUICE_FULL',
      outcome: 'refused',
    });
    await clock.advance(0);
    expect((await buffer.stats()).held).toBe(2);
    gate.open();
    await Promise.all(taken);
    expect((await buffer.stats()).held).toBe(0);
    await buffer.incr('Page', { views: 1 }, { id: 3 });
    expect(await buffer.get('Page', ['views'], { id: 1 })).toEqual({ views: 2 });
  });
});

describe('an overflow rejects only its increment', () => {
  const overflow = { name: 'IncrementError', code: 'ERR_SLUICE_OVERFLOW', outcome: 'refused' };

  test('in this process', async () => {
    const { buffer, sizes } = setup();
    const first = buffer.incr('Page', { views: LIMIT, likes: 1 }, {});
    const second = buffer.incr('Page', { likes: 1, views: 1 }, {});
    const third = buffer.incr('Page', { views: -1, likes: 1 }, {});
    await expect(second).rejects.toMatchObject(overflow);
    await Promise.all([first, third]);
    expect(sizes()).toEqual([1]);
    expect(await buffer.get('Page', ['views', 'likes'], {})).toEqual({ views: LIMIT - 1, likes: 2 });
  });

  test('in the backend, while the rest of the write applies', async () => {
    const { buffer, sizes } = setup();
    await buffer.incr('Page', { views: LIMIT }, { id: 1 });
    const refused = buffer.incr('Page', { views: 1, likes: 1 }, { id: 1 });
    const applied = buffer.incr('Page', { views: 1 }, { id: 2 });
    await expect(refused).rejects.toMatchObject(overflow);
    await applied;
    expect(sizes()).toEqual([1, 2]);
    expect(await buffer.get('Page', ['views', 'likes'], { id: 1 })).toEqual({ views: LIMIT, likes: 0 });
    expect(await buffer.get('Page', ['views'], { id: 2 })).toEqual({ views: 1 });
  });

  test.each([false, true])('and names the partition of its target (signal-only: %s)', async (signalOnly) => {
    const { buffer } = setup({ partitions: 64 });
    const first = buffer.incr('Page', { views: LIMIT }, {}, {}, { signalOnly });
    const second = buffer.incr('Page', { views: 1 }, {}, {}, { signalOnly });
    const partition = partitionOf(targetKey('Page', {}, signalOnly), 64);
    await expect(second).rejects.toMatchObject({ ...overflow, partition });
    await first;
  });
});
