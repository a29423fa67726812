import type { Batch } from '@sluice/core';
import { manualClock } from '@sluice/testing';
import { expect, test } from 'vitest';
import { FailingBatches } from '../src/support/failing-batches.js';

const batchOf = (partition: number, id = `${partition}-a`): Batch => ({
  id,
  partition,
  attempt: 1,
  entries: [],
});

function setUp() {
  const clock = manualClock();
  return { clock, failing: new FailingBatches(clock) };
}

test('says how long batches failed, whichever is applied first', async () => {
  const { clock, failing } = setUp();
  expect(failing.failed(batchOf(0), 'away', 1000)).toEqual({ forMs: 0 });
  await clock.advance(2000);
  expect(failing.failed(batchOf(1), 'away', 1000)).toBeUndefined();
  await clock.advance(60_000);
  expect(failing.applied(batchOf(1))).toEqual({ reason: 'away', forMs: 62_000 });
  expect(failing.applied(batchOf(0))).toBeUndefined();
});

test('takes a later batch of the partition for the end: another worker applied the one that failed', () => {
  const { failing } = setUp();
  failing.failed(batchOf(0), 'away', 1000);
  expect(failing.applied(batchOf(0, '0-b'))).toEqual({ reason: 'away', forMs: 0 });
});

test('a batch of another partition that was never in trouble ends nothing', () => {
  const { failing } = setUp();
  failing.failed(batchOf(0), 'bad data', 1000);
  expect(failing.applied(batchOf(1))).toBeUndefined();
  expect(failing.failed(batchOf(0), 'bad data', 1000)).toBeUndefined();
});

test('an outage that ended unseen does not hide the next one', async () => {
  const { clock, failing } = setUp();
  failing.failed(batchOf(0), 'away', 1000);
  await clock.advance(61_001);
  expect(failing.failed(batchOf(1), 'away', 1000)).toEqual({ forMs: 0 });
});

test('a batch that fails on is news again after an hour, two and four', async () => {
  const { clock, failing } = setUp();
  const news: number[] = [];
  for (let minutes = 0; minutes <= 480; minutes += 1) {
    if (failing.failed(batchOf(0), 'away', 60_000) !== undefined) news.push(minutes);
    await clock.advance(60_000);
  }
  expect(news).toEqual([0, 60, 120, 240, 480]);
});

test('also if it comes rarely, and then it says since when', async () => {
  const { clock, failing } = setUp();
  failing.failed(batchOf(0), 'away', 1000);
  await clock.advance(1_800_000);
  expect(failing.failed(batchOf(0), 'away', 1000)).toBeUndefined();
  await clock.advance(1_800_000);
  expect(failing.failed(batchOf(0), 'away', 1000)).toEqual({ forMs: 3_600_000 });
});

test('a batch that was buried was not applied', () => {
  const { failing } = setUp();
  failing.failed(batchOf(0), 'bad data', 1000);
  failing.buried(batchOf(0));
  expect(failing.applied(batchOf(0, '0-b'))).toBeUndefined();
});
