import { type BufferEvents, type Clock, IncrementError } from '@sluice/core';
import type { Refusal, Write } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { Emitter } from '../src/events.js';
import { logTo } from '../src/logger.js';
import { Outage } from '../src/support/outage.js';
import { IdempotentProducer } from '../src/writing/idempotent-producer.js';
import { ReplayBudget } from '../src/writing/replay-budget.js';
import { WriteErrors } from '../src/writing/write-errors.js';
import { WriteSequence } from '../src/writing/write-sequence.js';
import { away, quiet, wrap } from './wrap.js';

const KEY = '["Page"]';

type Fault = 'none' | 'lost before' | 'lost after' | 'refused' | 'silent';

/** A clock without timers: what is to run later runs next, and the time jumps there. */
function jumpingClock(): Clock {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    after(delayMs, task) {
      let cancelled = false;
      queueMicrotask(() => {
        if (cancelled) return;
        now += delayMs;
        task();
      });
      return () => {
        cancelled = true;
      };
    },
  };
}

/** A producer alone: no buffer, no queue, no linger. `fault` says how each call of the backend fails. */
function setup(fault: () => Fault = () => 'none', { seed = 1, writeTimeoutMs = 5_000 } = {}) {
  const clock = jumpingClock();
  const store = memory({ clock });
  const sent: Write[] = [];
  const backend = wrap(store, {
    async add(write) {
      sent.push(write);
      const now = fault();
      if (now === 'silent') await new Promise(() => {});
      if (now === 'refused') throw away('refused');
      if (now === 'lost before') throw away('unknown');
      const result = await store.add(write);
      if (now === 'lost after') throw away('unknown');
      return result;
    },
  });
  const lost: BufferEvents['lost'][] = [];
  const events = new Emitter(() => {});
  events.on('lost', (event) => lost.push(event));
  const random = seededRandom(seed);
  const producer = new IdempotentProducer(
    0,
    new WriteSequence(0, random, new ReplayBudget(clock)),
    backend,
    { clock, random, partitions: 1, writeTimeoutMs },
    new WriteErrors(0, 'memory'),
    events,
    new Outage('writes', 'memory', events, logTo(quiet), clock),
    () => {},
    () => {},
  );
  const write = (views: number): Promise<readonly Refusal[]> =>
    producer.write([{ key: KEY, fields: { '+views': views } }]);
  const pending = async (): Promise<number> => {
    const [sums] = await store.read([{ partition: 0, key: KEY }]);
    return Number(sums?.pending?.['+views'] ?? 0);
  };
  const numbers = (): string[] => {
    const ids = [...new Set(sent.map((each) => each.producer))];
    return sent.map((each) => `${'ABC'[ids.indexOf(each.producer)]}${each.number}`);
  };
  return { store, producer, sent, lost, write, pending, numbers };
}

/** Faults one after the other, then none. */
function queued(...faults: Fault[]): { next: () => Fault; push: (...more: Fault[]) => void } {
  return { next: () => faults.shift() ?? 'none', push: (...more) => void faults.push(...more) };
}

describe('a producer alone', () => {
  test('returns what the backend refused, by its index', async () => {
    const { producer, write } = setup();
    expect(await write(Number.MAX_SAFE_INTEGER)).toEqual([]);
    const entries = [
      { key: '["Page","id",1]', fields: { '+views': 1 } },
      { key: KEY, fields: { '+views': 1 } },
    ];
    expect(await producer.write(entries)).toEqual([{ index: 1, reason: 'overflow', field: '+views' }]);
  });

  test('repeats the very same write until its fate is known', async () => {
    const faults = queued('lost after', 'refused', 'lost before');
    const { pending, sent, write } = setup(faults.next);
    await write(5);
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(1);
    expect(await pending()).toBe(5);
  });

  test('replays what a replica misses, oldest first, before its write', async () => {
    const { lost, numbers, pending, store, write } = setup();
    await write(1);
    const replica = store.snapshot();
    await write(10);
    await write(100);
    store.restore(replica);
    await write(1000);
    expect(numbers()).toEqual(['A1', 'A2', 'A3', 'A4', 'A2', 'A3', 'A4']);
    expect(await pending()).toBe(1111);
    expect(lost).toEqual([]);
  });

  test('after a wipe reports the loss and writes its entries in a new sequence', async () => {
    const { lost, numbers, pending, store, write } = setup();
    await write(1);
    store.restore({});
    await write(10);
    expect(numbers()).toEqual(['A1', 'A2', 'B1']);
    expect(await pending()).toBe(10);
    expect(lost).toMatchObject([{ from: 1, to: 1, reason: 'wiped' }]);
  });

  test('loses a write that may have been counted before a wipe', async () => {
    const faults = queued();
    const { pending, sent, store, write } = setup(() => {
      if (sent.length === 3) store.restore({});
      return faults.next();
    });
    await write(1);
    faults.push('lost after');
    await expect(write(10)).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_LOST', outcome: 'unknown' });
    await write(100);
    expect(await pending()).toBe(100);
  });

  test.each<[Fault, readonly string[], number]>([
    ['refused', ['A1', 'A2', 'A2'], 101],
    ['lost before', ['A1', 'A2', 'A3', 'A2', 'A3'], 101],
    ['lost after', ['A1', 'A2', 'A3'], 111],
  ])('gives up a write that is %s, and goes on with %j', async (fault, expected, sum) => {
    let failing: Fault = 'none';
    const { numbers, pending, sent, write } = setup(() => failing);
    await write(1);
    failing = fault;
    await expect(write(10)).rejects.toMatchObject({ code: 'ERR_SLUICE_WRITE_TIMEOUT' });
    failing = 'none';
    const attempts = sent.length - 1;
    await write(100);
    sent.splice(2, attempts - 1);
    expect(numbers()).toEqual(expected);
    expect(await pending()).toBe(sum);
  });

  test('does not wait on shutdown for a reply that never comes', async () => {
    const { producer, sent, write } = setup(() => 'silent');
    const writing = write(1);
    while (sent.length === 0) await Promise.resolve();
    producer.shutdown();
    await expect(writing).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', outcome: 'unknown' });
  });

  test('has counted nothing if shutdown comes before its write was sent', async () => {
    const { producer, sent, write } = setup();
    const writing = write(1);
    producer.shutdown();
    await expect(writing).rejects.toMatchObject({ code: 'ERR_SLUICE_CLOSED', outcome: 'refused' });
    expect(sent).toEqual([]);
  });
});

describe('an impossible call fails instead of counting wrongly', () => {
  const bug = { name: 'SluiceError', code: 'ERR_SLUICE_INTERNAL' };

  test('a second write at a time', async () => {
    const { pending, write } = setup();
    const first = write(1);
    await expect(write(10)).rejects.toMatchObject(bug);
    await first;
    await write(100);
    expect(await pending()).toBe(101);
  });

  test('a write after shutdown', async () => {
    const { producer, sent, write } = setup();
    producer.shutdown();
    await expect(write(1)).rejects.toMatchObject(bug);
    expect(sent).toEqual([]);
  });
});

describe('through failing calls, lost replies and lagging replicas', () => {
  test.each([
    ['all is acknowledged, and counts once', 86_400_000, false],
    ['what is given up may come on top, nothing else', 50, true],
  ])('%s', async (_, writeTimeoutMs, givesUp) => {
    let givenUp = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seededRandom(seed);
      const faults: readonly Fault[] = ['lost before', 'lost after', 'refused'];
      let failing = false;
      const { lost, pending, store, write } = setup(
        () => {
          if (failing && random() < 0.4) return faults[Math.floor(random() * 3)] ?? 'none';
          return 'none';
        },
        { seed, writeTimeoutMs },
      );
      const sums = { counted: 0, unknown: 0 };
      let replica = store.snapshot();
      for (let n = 0; n < 40; n += 1) {
        try {
          await write(2 ** (n % 20));
          sums.counted += 2 ** (n % 20);
        } catch (error) {
          if (!(error instanceof IncrementError)) throw error;
          givenUp += 1;
          if (error.outcome === 'unknown') sums.unknown += 2 ** (n % 20);
        }
        // The replica knows the partition from the start: otherwise it would look like wiped data.
        if (!failing || random() < 0.2) replica = store.snapshot();
        if (random() < 0.1) store.restore(replica);
        failing = true;
      }
      failing = false;
      await write(0);
      const sum = await pending();
      expect({ seed, lost }).toEqual({ seed, lost: [] });
      expect(sum, `seed ${seed}`).toBeGreaterThanOrEqual(sums.counted);
      expect(sum, `seed ${seed}`).toBeLessThanOrEqual(sums.counted + sums.unknown);
    }
    expect(givenUp > 0).toBe(givesUp);
  });
});
