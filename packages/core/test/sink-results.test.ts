import { type Batch, type BufferEvents, createBuffer, type Sink, type SinkResult } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock } from '@sluice/testing';
import { describe, expect, test } from 'vitest';

/** A buffer of one partition with ten entries pending, whose sink returns anything, as JavaScript may. */
async function setup(apply: (batch: Batch) => unknown, giveUp?: (batch: Batch, reason: string) => unknown) {
  const clock = manualClock();
  const store = memory({ clock });
  const sink: Sink = async (batch) => apply(batch) as undefined;
  if (giveUp !== undefined) sink.giveUp = async (batch, { reason }) => giveUp(batch, reason) as SinkResult;
  const buffer = createBuffer({
    backend: store,
    clock,
    partitions: 1,
    sink,
    maxAttempts: 2,
    giveUpAfterMs: 0,
    retryDelay: () => 0,
    leaseMs: 1000,
  });
  const heard: { [E in 'processed' | 'retry' | 'buried']: BufferEvents[E][] } = {
    processed: [],
    retry: [],
    buried: [],
  };
  buffer.on('processed', (event) => heard.processed.push(event));
  buffer.on('retry', (event) => heard.retry.push(event));
  buffer.on('buried', (event) => heard.buried.push(event));
  await Promise.all(Array.from({ length: 10 }, (_, id) => buffer.incr('Page', { views: 1 }, { id })));
  return { clock, buffer, heard };
}

const idsOf = (entries: Batch['entries'] = []): unknown[] => entries.map(({ filters }) => filters.id);
const fail = (): never => {
  throw new Error('no');
};
const all = (batch: Batch, reason: string): SinkResult => ({
  rejected: batch.entries.map((_, index) => ({ index, reason })),
});

test('a sink is told how old its batch is, by the time that it is called', async () => {
  const ages: number[] = [];
  const clock = manualClock();
  const backend = memory({ clock });
  const sink: Sink = async (_, { ageMs }) => {
    ages.push(ageMs);
    if (ages.length < 3) fail();
  };
  const buffer = createBuffer({ backend, clock, partitions: 1, sink, retryDelay: () => 0 });
  await buffer.incr('Page', { views: 1 }, { id: 1 });
  await clock.advance(500);
  await buffer.processPending();
  await clock.advance(1000);
  await buffer.processPending();
  await clock.advance(2000);
  const claim = await buffer.claim(0);
  await clock.advance(40);
  if (claim.status === 'leased') await buffer.process(claim.lease);
  expect(ages).toEqual([0, 1000, 3040]);
});

describe('a sink that rejects single entries', () => {
  test('has those buried with their reasons, and the others applied', async () => {
    const rejected = [
      { index: 7, reason: 'no such page' },
      { index: 2, reason: 'locked' },
    ];
    const { buffer, heard } = await setup(() => ({ rejected }));
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 8, buried: 2, retried: 0 });
    expect(idsOf(heard.processed[0]?.entries)).toEqual([0, 1, 3, 4, 5, 6, 8, 9]);
    expect(idsOf(heard.buried[0]?.entries)).toEqual([7, 2]);
    const letters = await buffer.deadLetters.list();
    expect(letters.map(({ entry, reason }) => [entry?.filters.id, reason])).toEqual([
      [2, 'locked'],
      [7, 'no such page'],
    ]);
  });

  test('may reject them all', async () => {
    const { buffer, heard } = await setup((batch) => all(batch, 'no'));
    expect(await buffer.processPending()).toMatchObject({ batches: 0, entries: 0, buried: 10 });
    expect(heard.processed).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['an index out of range', [{ index: 10, reason: 'no' }]],
    ['a negative index', [{ index: -1, reason: 'no' }]],
    ['an index as text', [{ index: '1', reason: 'no' }]],
    [
      'an index twice',
      [
        { index: 1, reason: 'no' },
        { index: 1, reason: 'no' },
      ],
    ],
    ['nothing', [null]],
    ['what is no array', { length: 0 }],
  ])('is delivered the batch again if it names %s, and nothing is buried', async (_, rejected) => {
    const { buffer, heard } = await setup(() => ({ rejected }));
    expect(await buffer.processPending()).toMatchObject({ batches: 0, retried: 1, buried: 0 });
    expect(heard.retry).toMatchObject([{ error: { code: 'ERR_SLUICE_INVALID_ARGUMENT' } }]);
  });

  test.each<[string, unknown]>([
    ['no text', undefined],
    ['a megabyte of text', 'x'.repeat(1_000_000)],
  ])('for a reason that is %s still has it buried', async (_, reason) => {
    const { buffer } = await setup(() => ({ rejected: [{ index: 0, reason }] }));
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 9, buried: 1 });
    expect((await buffer.deadLetters.list())[0]?.reason.length).toBeLessThan(2000);
  });
});

test.each<[string, unknown]>([
  ['null', null],
  ['a number', 10],
  ['a driver’s result', { rows: [], rowCount: 10 }],
  ['an array', [10, null]],
])('a sink that returns %s has applied its batch', async (_, returned) => {
  const { buffer } = await setup(() => returned);
  expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 10, retried: 0, buried: 0 });
});

describe('before a batch is given up, giveUp', () => {
  test('gets the reason, and what it returns decides', async () => {
    const reasons: string[] = [];
    const { buffer, heard } = await setup(fail, (_, reason) => {
      reasons.push(reason);
      return { rejected: [{ index: 3, reason: 'as committed' }] };
    });
    await buffer.processPending();
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 9, buried: 1 });
    expect(reasons).toEqual(['no']);
    expect(heard.buried).toMatchObject([{ reason: 'as committed' }]);
  });

  test.each<[string, () => unknown]>([
    ['throws', fail],
    ['returns nothing', () => undefined],
    ['returns something else', () => ({ rows: [] })],
    ['rejects an index out of range', () => ({ rejected: [{ index: 10, reason: 'no' }] })],
  ])('keeps the batch, if it %s', async (_, result) => {
    let broken = true;
    const { buffer } = await setup(fail, (batch, reason) => (broken ? result() : all(batch, reason)));
    await buffer.processPending();
    expect(await buffer.processPending()).toMatchObject({ batches: 0, retried: 1, buried: 0 });
    expect(await buffer.stats()).toMatchObject({ claimed: 10, dead: 0 });
    broken = false;
    expect(await buffer.processPending()).toMatchObject({ buried: 10 });
  });
});
