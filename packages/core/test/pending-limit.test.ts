import { type BufferOptions, createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test, vi } from 'vitest';
import { away, quiet, wrap } from './wrap.js';

const REFUSED = { code: 'ERR_SLUICE_TOO_MANY_PENDING', outcome: 'refused' };

function setUp(options: Partial<BufferOptions> = {}) {
  const clock = manualClock();
  const store = memory({ clock });
  const stats = vi.fn((known: number) => store.stats(known));
  const buffer = createBuffer({
    backend: wrap(store, { stats }),
    clock,
    sink: recordingSink(),
    partitions: 4,
    maxPending: 10,
    ...options,
  });
  let pages = 0;
  const count = (targets: number): Promise<unknown> => {
    const first = pages;
    pages += targets;
    return Promise.all(
      Array.from({ length: targets }, (_, i) => buffer.incr('Page', { views: 1 }, { page: first + i })),
    );
  };
  return { clock, stats, buffer, count };
}

test('new targets are refused while the backend holds as many, and taken again once they are applied', async () => {
  const { clock, buffer, count } = setUp();
  await count(10);
  await clock.advance(1000);
  await count(1);
  await expect(count(1)).rejects.toMatchObject(REFUSED);
  await buffer.processPending();
  await expect(count(1)).rejects.toMatchObject(REFUSED);
  await clock.advance(1000);
  await expect(count(1)).rejects.toMatchObject(REFUSED);
  await count(1);
  await buffer.close();
});

test('the backend is asked once a second, and only while targets come in', async () => {
  const { clock, stats, buffer, count } = setUp({ maxPending: 1000 });
  await count(20);
  expect(stats).toHaveBeenCalledTimes(1);
  await clock.advance(60_000);
  expect(stats).toHaveBeenCalledTimes(1);
  await count(20);
  expect(stats).toHaveBeenCalledTimes(2);
  await buffer.close();
});

test('a look that fails changes nothing, and is reported', async () => {
  const { clock, stats, buffer, count } = setUp({ logger: quiet });
  stats.mockRejectedValue(away('refused'));
  const errors: unknown[] = [];
  buffer.on('error', (error) => errors.push(error));
  await count(20);
  await clock.advance(1000);
  await count(20);
  expect(errors).toMatchObject([{ message: expect.stringContaining('maxPending') }]);
  expect(buffer.health()).toMatchObject({ status: 'failing' });
  await buffer.close();
});

test('a look that a close() cuts off is no failure', async () => {
  const { stats, buffer, count } = setUp({ logger: quiet });
  let cutOff = (): void => {};
  stats.mockReturnValue(
    new Promise((_, reject) => {
      cutOff = () => reject(away('refused'));
    }),
  );
  const errors: unknown[] = [];
  buffer.on('error', (error) => errors.push(error));
  await count(1);
  await buffer.close();
  cutOff();
  await new Promise(setImmediate);
  expect(errors).toEqual([]);
});

test('without it, nobody asks', async () => {
  const { stats, buffer, count } = setUp({ maxPending: undefined });
  await count(20);
  expect(stats).not.toHaveBeenCalled();
  await buffer.close();
});

test.each([0, -1, 1.5, '10', Number.NaN])('%o is refused', (maxPending) => {
  expect(() => setUp({ maxPending: maxPending as number })).toThrow(/"maxPending"/);
});
