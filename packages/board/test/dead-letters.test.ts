import { board } from '@sluice/board';
import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import type { DeadLetterPage } from '../src/wire.js';
import { bury, quiet, world } from './support/dead.js';
import { asker } from './support/request.js';

function setup(partitions = 2) {
  const { buffer, clock } = world(partitions);
  const { get, post } = asker(board({ buffer, clock, authorize: () => true }));
  const page = async (query: Record<string, string> = {}): Promise<DeadLetterPage> => {
    const response = await clock.until(get(`/api/dead-letters?${new URLSearchParams(query)}`));
    expect(response.status).toBe(200);
    return (await response.json()) as DeadLetterPage;
  };
  return { buffer, clock, get, post, page };
}

describe('dead letters', () => {
  test('come page by page, each once, over all partitions', async () => {
    const { buffer, page } = setup(5);
    await bury(
      buffer,
      Array.from({ length: 130 }, (_, i) => ({ n: i })),
    );
    const ids: string[] = [];
    const sizes: number[] = [];
    let from: string | undefined;
    do {
      const { letters, next } = await page(from === undefined ? {} : { from });
      ids.push(...letters.map(({ id }) => id));
      sizes.push(letters.length);
      from = next;
    } while (from !== undefined);
    expect(sizes).toEqual([50, 50, 30]);
    expect(new Set(ids).size).toBe(130);
  });

  test('of one partition', async () => {
    const { buffer, page } = setup(3);
    await bury(
      buffer,
      Array.from({ length: 60 }, (_, i) => ({ n: i })),
    );
    const { letters } = await page({ partition: '1' });
    expect(letters.length).toBeGreaterThan(5);
    expect(new Set(letters.map(({ partition }) => partition))).toEqual(new Set([1]));
  });

  test.each([
    ['the reason', 'TIMED out', '/slow'],
    ['a value', '/docs/deep', '/docs/deep'],
    ['the name and the value', 'path=/b', '/b'],
  ])('are found by %s', async (_, text, path) => {
    const { buffer, page } = setup();
    await bury(buffer, [{ path: '/slow', reason: 'timed out' }, { path: '/docs/deep' }, { path: '/b' }]);
    const { letters, looked } = await page({ text });
    expect(letters.map(({ entry }) => entry?.filters[0]?.value)).toEqual([path]);
    expect(looked).toBe(3);
  });

  test('a search looks at two thousand at a time, and says where to go on', async () => {
    const { buffer, page } = setup();
    await bury(buffer, [...Array.from({ length: 2500 }, (_, i) => ({ n: i })), { n: -1, reason: 'rare' }]);
    const first = await page({ text: 'rare' });
    const second = await page({ text: 'rare', from: first.next ?? '' });
    expect([first.looked, second.looked]).toEqual([2000, 501]);
    expect([...first.letters, ...second.letters]).toHaveLength(1);
    expect(second.next).toBeUndefined();
  });

  test('an action finds what lies behind those that a search looks at', async () => {
    const { buffer, clock, post } = setup();
    await bury(buffer, [...Array.from({ length: 2500 }, (_, i) => ({ n: i })), { n: -1, reason: 'rare' }]);
    const response = await clock.until(post('/api/redrive', { matching: { text: 'rare' } }));
    expect(await response.json()).toEqual({ asked: 1, done: 1, mayBeMore: false });
  });

  test('show each type of value, and extra values', async () => {
    const { buffer, page } = setup(1);
    const at = new Date(Date.UTC(2026, 1, 3));
    await buffer.incr(
      'Page',
      { views: 3 },
      { reason: 'no', a: 5, b: 7n, c: true, d: null, e: at, f: '5' },
      { title: 'Docs', big: 9n },
    );
    await buffer.processPending();
    const { letters } = await page();
    expect(letters[0]?.entry?.filters).toEqual([
      { name: 'a', type: 'number', value: '5' },
      { name: 'b', type: 'bigint', value: '7' },
      { name: 'c', type: 'boolean', value: 'true' },
      { name: 'd', type: 'null', value: '' },
      { name: 'e', type: 'date', value: '2026-02-03T00:00:00.000Z' },
      { name: 'f', type: 'text', value: '5' },
      { name: 'reason', type: 'text', value: 'no' },
    ]);
    expect(letters[0]?.entry?.extra).toContain('"Docs"');
  });

  test('do not show the password of an address, nor all of a long reason', async () => {
    const { buffer, page } = setup(1);
    const reason = `connect to postgres://app:hunter2@db:5432/app failed ${'x'.repeat(900)}`;
    await bury(buffer, [{ path: '/a', reason }]);
    const { letters } = await page();
    expect(letters[0]?.reason).toContain('postgres://…');
    expect(JSON.stringify(letters[0]?.reason)).not.toContain('hunter2');
  });

  test('are redriven and discarded by their ids', async () => {
    const { buffer, clock, page, post } = setup(1);
    await bury(buffer, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    const [first, second] = (await page()).letters.map(({ id }) => id);
    expect(await (await post('/api/redrive', { ids: [first] })).json()).toEqual({
      asked: 1,
      done: 1,
      mayBeMore: false,
    });
    expect(await (await post('/api/discard', { ids: [second, first] })).json()).toEqual({
      asked: 2,
      done: 1,
      mayBeMore: false,
    });
    expect(await clock.until(buffer.stats())).toMatchObject({ pending: 1, dead: 1 });
  });
});

describe('a target', () => {
  const look = (post: ReturnType<typeof asker>['post'], filters: object[], columns = ['views']) =>
    post('/api/target', { model: 'Page', columns, filters });

  test('has what is pending, by its types', async () => {
    const { buffer, clock, post } = setup();
    await buffer.incr('Page', { views: 4 }, { n: 1 });
    await buffer.incr('Page', { views: 9 }, { n: '1' });
    const sums = async (type: string) =>
      (await clock.until(look(post, [{ name: 'n', type, value: '1' }], ['views', 'likes']))).json();
    expect(await sums('number')).toEqual({ views: 4, likes: 0 });
    expect(await sums('text')).toEqual({ views: 9, likes: 0 });
  });

  test.each([
    ['a number that is none', [{ name: 'n', type: 'number', value: 'one' }]],
    ['a date that is none', [{ name: 'n', type: 'date', value: 'soon' }]],
    ['a type that does not exist', [{ name: 'n', type: 'map', value: '' }]],
    [
      'a name twice',
      [
        { name: 'n', type: 'text', value: '' },
        { name: 'n', type: 'text', value: '' },
      ],
    ],
    ['a name that sets a prototype', [{ name: '__proto__', type: 'text', value: '' }]],
    ['a value that is too long', [{ name: 'n', type: 'text', value: 'x'.repeat(5000) }]],
  ])('with %s is refused', async (_, filters) => {
    const { post } = setup();
    const response = await look(post, filters);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error.length).toBeLessThan(300);
  });
});

test('what a schema types fits', () => {
  interface Counters {
    Page: { columns: 'views'; filters: { path: string } };
  }
  const clock = manualClock();
  const buffer = createBuffer<Counters>({ backend: memory({ clock }), clock, logger: quiet });
  expect(board({ buffer })).toBeTypeOf('function');
});
