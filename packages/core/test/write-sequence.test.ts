import type { StoredEntry, Write } from '@sluice/core/backend';
import { manualClock, seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { ReplayBudget } from '../src/writing/replay-budget.js';
import { ReplayRing } from '../src/writing/replay-ring.js';
import { WriteSequence } from '../src/writing/write-sequence.js';

const EPOCH = 'epoch';
const bug = expect.objectContaining({ code: 'ERR_SLUICE_INTERNAL' });

function setup() {
  const clock = manualClock();
  const budget = new ReplayBudget(clock);
  const sequence = new WriteSequence(3, seededRandom(1), budget);
  let position = 0;
  const acknowledge = (write: Write, refused: number[] = []): Write => {
    position += 1;
    sequence.acknowledge(
      write,
      position,
      refused.map((index) => ({ index, reason: 'overflow' })),
    );
    return write;
  };
  /** Numbers a write of this many targets, and has it acknowledged. */
  const acknowledged = (targets = 1): Write => acknowledge(sequence.next(entries(targets)));
  const missingAfter = (last: number): readonly Write[] =>
    sequence.missing({ status: 'gap', last, position });
  sequence.begin({ producer: 'first', epoch: EPOCH, position });
  return { acknowledge, acknowledged, budget, clock, missingAfter, sequence };
}

function entries(targets: number): StoredEntry[] {
  return Array.from({ length: targets }, (_, id) => ({
    key: `["Page","id",${id}]`,
    fields: { '+views': 1 },
  }));
}

describe('a number', () => {
  test('is open for one write at a time', () => {
    const { sequence } = setup();
    sequence.next(entries(1));
    expect(() => sequence.next(entries(1))).toThrow(bug);
  });

  test('is settled once, and by its own write', () => {
    const { sequence } = setup();
    const write = sequence.next(entries(1));
    expect(() => sequence.acknowledge({ ...write, number: 2 }, 1, [])).toThrow(bug);
    expect(() => sequence.giveUp({ ...write, producer: 'another' }, 'unknown')).toThrow(bug);
    sequence.acknowledge(write, 1, []);
    expect(() => sequence.acknowledge(write, 1, [])).toThrow(bug);
    expect(() => sequence.giveUp(write, 'refused')).toThrow(bug);
    expect(() => sequence.end(write, { status: 'conflict' })).toThrow(bug);
  });

  test('is free again when its write was certainly not taken', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    const refused = sequence.next(entries(1));
    sequence.giveUp(refused, 'refused');
    expect(acknowledged()).toMatchObject({ producer: refused.producer, number: refused.number });
  });

  test('is kept by an empty write when its own may have been taken', () => {
    const { sequence, acknowledged, missingAfter } = setup();
    acknowledged();
    const unknown = sequence.next(entries(1));
    sequence.giveUp(unknown, 'unknown');
    expect(acknowledged().number).toBe(3);
    expect(missingAfter(1)).toMatchObject([{ number: 2, entries: [] }, { number: 3 }]);
  });
});

describe('the position of a write', () => {
  test('is where the producer joined', () => {
    const { acknowledge, acknowledged, sequence } = setup();
    acknowledged();
    sequence.end(sequence.next(entries(1)), { status: 'conflict' });
    sequence.begin({ producer: 'second', epoch: EPOCH, position: 40 });
    for (const number of [1, 2]) {
      expect(acknowledge(sequence.next(entries(1)))).toMatchObject({ epoch: EPOCH, position: 40, number });
    }
  });
});

describe('a nonce', () => {
  test('differs from write to write', () => {
    const { acknowledged } = setup();
    expect(acknowledged().nonce).not.toBe(acknowledged().nonce);
  });

  test('is kept by the empty write that takes the place of its own', () => {
    const { missingAfter, sequence } = setup();
    const write = sequence.next(entries(1));
    sequence.giveUp(write, 'unknown');
    expect(missingAfter(0)).toMatchObject([{ number: 1, follows: 0, nonce: write.nonce, entries: [] }]);
  });
});

describe('a replay', () => {
  test('has all writes after the last one of the backend', () => {
    const { acknowledged, missingAfter } = setup();
    const [, second, third] = [acknowledged(), acknowledged(), acknowledged()];
    const content = ({ number, nonce, entries }: Write) => ({ number, nonce, entries });
    expect(missingAfter(1).map(content)).toEqual([second, third].map(content));
  });

  test('has nothing of what was refused', () => {
    const { acknowledge, missingAfter, sequence } = setup();
    acknowledge(sequence.next(entries(3)), [1]);
    expect(missingAfter(0)[0]?.entries).toEqual([entries(3)[0], entries(3)[2]]);
  });

  test('has none of an earlier sequence', () => {
    const { acknowledged, missingAfter, sequence } = setup();
    acknowledged();
    sequence.begin({ producer: 'second', epoch: EPOCH, position: 1 });
    expect(missingAfter(0)).toEqual([]);
  });

  test('has none when the oldest one is no longer kept: all partitions share the room', () => {
    const { acknowledged, budget, missingAfter } = setup();
    acknowledged(1000);
    const each = budget.length;
    const other = new WriteSequence(4, seededRandom(2), budget);
    other.begin({ producer: 'other', epoch: EPOCH, position: 0 });
    while (missingAfter(0).length > 0) {
      expect(budget.length).toBeLessThanOrEqual(2 * 1024 * 1024);
      other.acknowledge(other.next(entries(1000)), 1, []);
    }
    expect(budget.length).toBeGreaterThan(2 * 1024 * 1024 - 2 * each);
    acknowledged();
    expect(missingAfter(1)).toHaveLength(1);
  });

  test('has none after five minutes', async () => {
    const { acknowledged, clock, missingAfter } = setup();
    acknowledged();
    await clock.advance(5 * 60_000);
    acknowledged();
    expect(missingAfter(0)).toHaveLength(2);
    await clock.advance(1);
    acknowledged();
    expect(missingAfter(0)).toHaveLength(0);
    expect(missingAfter(1)).toHaveLength(2);
  });

  test('keeps no write out of its order', () => {
    const { budget, sequence } = setup();
    const ring = new ReplayRing(budget);
    const write = sequence.next(entries(1));
    ring.add(write, []);
    expect(() => ring.add(write, [])).toThrow(bug);
    expect(() => ring.add({ ...write, number: 3 }, [])).toThrow(bug);
  });

  test('counts as kept until its sequence is over', () => {
    const { acknowledged, budget, sequence } = setup();
    acknowledged();
    expect(budget.length).toBeGreaterThan(0);
    sequence.begin({ producer: 'second', epoch: EPOCH, position: 1 });
    expect(budget.length).toBe(0);
  });
});

describe('a gap that cannot be closed', () => {
  test('is skipped by the open write, under its number, and what was acknowledged in it is lost', () => {
    const { sequence, acknowledged } = setup();
    for (let n = 1; n <= 3; n += 1) acknowledged();
    const write = sequence.next(entries(1));
    const { skipping, lost } = sequence.skip(write, { status: 'gap', last: 1, position: 1 });
    expect(skipping).toEqual({ ...write, follows: 1 });
    expect(lost).toEqual([{ partition: 3, producer: 'first', from: 2, to: 3, reason: 'too far behind' }]);
    expect(sequence.skip(write, { status: 'gap', last: 1, position: 1 }).lost).toEqual([]);
  });

  test('loses nothing if it has only writes that were given up', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    sequence.giveUp(sequence.next(entries(1)), 'unknown');
    const write = sequence.next(entries(1));
    expect(sequence.skip(write, { status: 'gap', last: 1, position: 1 }).lost).toEqual([]);
  });
});

describe('the end of a sequence', () => {
  const wiped = { partition: 3, from: 1, reason: 'wiped' };

  test('in another epoch says what was lost, and the next one has another id', () => {
    const { sequence, acknowledged, missingAfter } = setup();
    acknowledged();
    acknowledged();
    const lost = sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: 'another', floor: 0 });
    expect(lost).toEqual([{ ...wiped, producer: 'first', to: 2 }]);
    expect(sequence.hasBegun).toBe(false);
    expect(sequence.begin({ producer: 'second', epoch: 'another', position: 7 })).toEqual([]);
    expect(acknowledged()).toMatchObject({ producer: 'second', epoch: 'another', position: 7, number: 1 });
    expect(missingAfter(1)).toEqual([]);
  });

  test('that was forgotten loses nothing: what it wrote is in the data', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    expect(sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: EPOCH, floor: 2000 })).toEqual(
      [],
    );
    expect(sequence.begin({ producer: 'second', epoch: EPOCH, position: 1 })).toEqual([]);
  });

  test('that was forgotten is lost with the data, if that is wiped later, as the one after it is', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: EPOCH, floor: 2000 });
    sequence.begin({ producer: 'second', epoch: EPOCH, position: 1 });
    acknowledged();
    acknowledged();
    const lost = sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: '', floor: 0 });
    expect(lost).toEqual([
      { ...wiped, producer: 'first', to: 1 },
      { ...wiped, producer: 'second', to: 2 },
    ]);
  });

  test('whose record is missing, and was not removed, is lost: the data went back', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    acknowledged();
    const lost = sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: EPOCH, floor: 2 });
    expect(lost).toMatchObject([{ producer: 'first', from: 1, to: 2, reason: 'too far behind' }]);
  });

  test('that was forgotten is lost, if the data goes back to before it', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    acknowledged();
    sequence.end(sequence.next(entries(1)), { status: 'unknown', epoch: EPOCH, floor: 2000 });
    sequence.begin({ producer: 'second', epoch: EPOCH, position: 2 });
    expect(sequence.lostBeyond(2)).toEqual([]);
    expect(sequence.lostBeyond(1)).toMatchObject([{ producer: 'first', to: 2, reason: 'too far behind' }]);
    expect(sequence.lostBeyond(1)).toEqual([]);
  });

  test('by the numbers of a copy loses nothing', () => {
    const { sequence, acknowledged } = setup();
    acknowledged();
    expect(sequence.end(sequence.next(entries(1)), { status: 'conflict' })).toEqual([]);
  });
});
