import { createBuffer, type PartitionStats, type UnavailablePartition } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test } from 'vitest';
import { away, quiet, wrap } from './wrap.js';

// One of several servers of a backend is away: the one that has partition 1.

const error = away('refused');

async function setUp(more: { readonly maxPending?: number } = {}) {
  const clock = manualClock();
  const store = memory({ clock });
  let isAway = false;
  const seen = (look: PartitionStats | UnavailablePartition): PartitionStats | UnavailablePartition =>
    isAway && look.partition === 1 ? { partition: 1, node: 'b:6379', error } : look;
  const backend = wrap(store, { stats: async (known) => (await store.stats(known)).map(seen) });
  const sink = recordingSink();
  const buffer = createBuffer({
    backend,
    sink,
    clock,
    partitions: 2,
    maxAttempts: 1,
    giveUpAfterMs: 0,
    logger: quiet,
    ...more,
  });
  for (let id = 0; id < 10; id += 1) await buffer.incr('Page', { views: 1 }, { id });
  const [first, second] = (await buffer.stats()).partitions;
  return {
    clock,
    buffer,
    sink,
    held: [first?.pending ?? 0, second?.pending ?? 0] as const,
    goAway: () => {
      isAway = true;
    },
  };
}

test('its partitions are named in stats(), and the totals are of the others', async () => {
  const { buffer, held, goAway } = await setUp();
  expect(await buffer.stats()).toMatchObject({ pending: 10, unavailable: [] });
  goAway();
  const stats = await buffer.stats();
  expect(stats).toMatchObject({ pending: held[0], partitions: [{ partition: 0 }] });
  expect(stats.unavailable).toEqual([{ partition: 1, node: 'b:6379', error }]);
});

test('its dead letters are not left out: a list, or all of them, waits for it and then fails', async () => {
  const { clock, buffer, sink, goAway } = await setUp();
  sink.fail(new Error('bad'), { times: 10 });
  await buffer.processPending();
  goAway();
  for (const all of [() => buffer.deadLetters.list(), () => buffer.deadLetters.redrive('all')]) {
    const failed = expect(all()).rejects.toBe(error);
    await clock.advance(60_000);
    await failed;
  }
  expect(await buffer.deadLetters.list({ partition: 0 })).not.toEqual([]);
});

test('a batch of another partition can be given up, one of its own cannot', async () => {
  const { clock, buffer, goAway } = await setUp();
  goAway();
  expect(await buffer.giveUp(0)).toEqual({ status: 'empty' });
  const failed = expect(buffer.giveUp(1)).rejects.toBe(error);
  await clock.advance(60_000);
  await failed;
});

test('what the others hold counts for maxPending', async () => {
  const { clock, buffer, held, goAway } = await setUp({ maxPending: 11 });
  goAway();
  const incr = (id: number) => buffer.incr('Page', { views: 1 }, { id });
  await clock.advance(1000);
  await incr(10);
  await incr(11);
  expect(held[0]).toBeLessThan(11);
  const more = Array.from({ length: 20 }, (_, id) => incr(100 + id));
  await Promise.all(more);
  await clock.advance(1000);
  await incr(200);
  await expect(incr(201)).rejects.toMatchObject({ code: 'ERR_SLUICE_TOO_MANY_PENDING' });
  await buffer.close();
});
