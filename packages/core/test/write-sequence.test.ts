import { PRODUCER_LIFETIME_MS, type StoredEntry, type Write } from '@sluice/core/backend';
import { seededRandom } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { ReplayRing } from '../src/writing/replay-ring.js';
import { WriteSequence } from '../src/writing/write-sequence.js';

const EPOCH = 'epoch';
const bug = expect.objectContaining({ code: 'ERR_SLUICE_INTERNAL' });

function setup() {
  const time = { now: 1_700_000_000_000 };
  const clock = { now: () => time.now, after: () => () => {} };
  const sequence = new WriteSequence(3, { clock, random: seededRandom(1) });
  /** Numbers a write of this many targets, and has it acknowledged. */
  const acknowledged = (targets = 1): Write => {
    const write = sequence.next(entries(targets));
    sequence.acknowledge(write, EPOCH);
    return write;
  };
  const missingAfter = (last: number, epoch = EPOCH): readonly Write[] =>
    sequence.missing({ status: 'gap', epoch, last });
  return { time, sequence, acknowledged, missingAfter };
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
    expect(() => sequence.acknowledge({ ...write, number: 2 }, EPOCH)).toThrow(bug);
    expect(() => sequence.giveUp({ ...write, producer: 'another' }, 'unknown')).toThrow(bug);
    sequence.acknowledge(write, EPOCH);
    expect(() => sequence.acknowledge(write, EPOCH)).toThrow(bug);
    expect(() => sequence.giveUp(write, 'refused')).toThrow(bug);
    expect(() => sequence.restart(write, { status: 'gap', epoch: EPOCH, last: 0 })).toThrow(bug);
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

describe('a replay', () => {
  test('has all writes after the last one of the backend', () => {
    const { acknowledged, missingAfter } = setup();
    const [, second, third] = [acknowledged(), acknowledged(), acknowledged()];
    expect(missingAfter(1)).toEqual([second, third]);
  });

  test('has none in another epoch', () => {
    const { acknowledged, missingAfter } = setup();
    acknowledged();
    expect(missingAfter(0, 'another')).toEqual([]);
  });

  test('has none when the oldest one is no longer kept', () => {
    const { acknowledged, missingAfter } = setup();
    for (let n = 1; n <= 9; n += 1) acknowledged(250);
    expect(missingAfter(0)).toEqual([]);
    expect(missingAfter(1)).toHaveLength(8);
  });

  test('keeps no write out of its order', () => {
    const ring = new ReplayRing();
    const { sequence } = setup();
    const write = sequence.next(entries(1));
    ring.add(write);
    expect(() => ring.add(write)).toThrow(bug);
    expect(() => ring.add({ ...write, number: 3 })).toThrow(bug);
  });
});

describe('a new sequence', () => {
  test('begins after a gap that cannot be closed, and says what was lost', () => {
    const { sequence, acknowledged, missingAfter } = setup();
    const first = acknowledged();
    acknowledged();
    const lost = sequence.restart(sequence.next(entries(1)), { status: 'gap', epoch: 'another', last: 0 });
    expect(lost).toEqual({ partition: 3, producer: first.producer, from: 1, to: 2, reason: 'wiped' });
    const next = acknowledged();
    expect(next.number).toBe(1);
    expect(next.producer).not.toBe(first.producer);
    expect(missingAfter(1)).toEqual([]);
  });

  test('begins when a write is given up before any was acknowledged', () => {
    const { sequence, acknowledged } = setup();
    const unknown = sequence.next(entries(1));
    sequence.giveUp(unknown, 'unknown');
    const next = acknowledged();
    expect(next.number).toBe(1);
    expect(next.producer).not.toBe(unknown.producer);
  });

  test('begins after half of the time that backends remember numbers', () => {
    const { time, acknowledged } = setup();
    const first = acknowledged();
    time.now += PRODUCER_LIFETIME_MS / 2;
    const second = acknowledged();
    expect(second).toMatchObject({ producer: first.producer, number: 2 });
    time.now += PRODUCER_LIFETIME_MS / 2 + 1;
    expect(acknowledged().number).toBe(1);
  });
});
