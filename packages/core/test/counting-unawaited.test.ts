import { type BufferEvents, createBuffer, IncrementError, type Logger } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test, vi } from 'vitest';
import { away, quiet, wrap } from './wrap.js';

function listen(buffer: ReturnType<typeof createBuffer>): BufferEvents['dropped'][] {
  const heard: BufferEvents['dropped'][] = [];
  buffer.on('dropped', (event) => heard.push(event));
  return heard;
}

test('what is counted without awaiting is applied like the rest', async () => {
  const sink = recordingSink();
  await using buffer = createBuffer({ backend: memory(), sink });
  expect(buffer.count('Page', { views: 1 }, { path: '/' })).toBeUndefined();
  buffer.count('Page', { views: 2 }, { path: '/' }, { title: 'a' });
  await buffer.incr('Page', { views: 3 }, { path: '/' });
  await buffer.processPending();
  expect(sink.total('Page', 'views')).toBe(6);
  expect(await buffer.stats()).toMatchObject({ dropped: 0 });
});

test.each<[string, unknown[], string]>([
  ['no arguments', [], 'ERR_SLUICE_INVALID_NAME'],
  ['an amount that is none', ['Page', { views: '1' }, { path: '/' }], 'ERR_SLUICE_INVALID_AMOUNT'],
  ['a filter that is none', ['Page', { views: 1 }, { path: {} }], 'ERR_SLUICE_INVALID_FILTER'],
  ['an extra that is none', ['Page', { views: 1 }, { path: '/' }, { x() {} }], 'ERR_SLUICE_INVALID_EXTRA'],
  ['options that are none', ['Page', { views: 1 }, { path: '/' }, {}, 1], 'ERR_SLUICE_INVALID_ARGUMENT'],
])('%s: nothing is thrown, and the event says why', async (_, args, code) => {
  await using buffer = createBuffer({ backend: memory() });
  const heard = listen(buffer);
  Reflect.apply(buffer.count, buffer, args);
  expect(heard).toMatchObject([{ model: args[0], filters: args[2], increments: 1, error: { code } }]);
  expect(await buffer.stats()).toMatchObject({ held: 0, dropped: 1 });
});

test('filters that throw when they are read are dropped like others', async () => {
  await using buffer = createBuffer({ backend: memory(), logger: quiet });
  const trap = {
    get path(): string {
      throw new Error('a trap');
    },
  };
  buffer.count('Page', { views: 1 }, trap);
  expect(buffer.health().dropped).toBe(1);
});

test('increments of a target that fail together are one event', async () => {
  const backend = wrap(memory(), { add: () => Promise.reject(away('refused', false)) });
  await using buffer = createBuffer({ backend, partitions: 1, logger: quiet });
  const heard = listen(buffer);
  for (let i = 0; i < 5; i += 1) buffer.count('Page', { views: 1 }, { path: '/' });
  buffer.count('Page', { views: 1 }, { path: '/docs' });
  await expect(buffer.flush()).rejects.toThrow(IncrementError);
  expect(heard).toMatchObject([
    {
      model: 'Page',
      filters: { path: '/' },
      increments: 5,
      error: { code: 'ERR_SLUICE_WRITE_FAILED', outcome: 'refused' },
    },
    { filters: { path: '/docs' }, increments: 1 },
  ]);
  expect((await buffer.stats()).dropped).toBe(6);
});

test('targets beyond maxTargets, and what comes after close(), are dropped', async () => {
  const buffer = createBuffer({ backend: memory(), maxTargets: 1 });
  const heard = listen(buffer);
  buffer.count('Page', { views: 1 }, { path: '/a' });
  buffer.count('Page', { views: 1 }, { path: '/b' });
  await buffer.close();
  buffer.count('Page', { views: 1 }, { path: '/a' });
  expect(heard).toMatchObject([
    { filters: { path: '/b' }, error: { code: 'ERR_SLUICE_FULL' } },
    { filters: { path: '/a' }, error: { code: 'ERR_SLUICE_CLOSED' } },
  ]);
  expect(buffer.health()).toMatchObject({ status: 'closed', dropped: 2 });
});

test('what a close() without time leaves unwritten is dropped, whoever listens', async () => {
  const rejections = vi.fn();
  process.on('unhandledRejection', rejections);
  const backend = wrap(memory(), { add: () => new Promise(() => {}) });
  const buffer = createBuffer({ backend, closeTimeoutMs: 1, logger: quiet });
  buffer.on('dropped', () => {
    throw new Error('a bug in a listener');
  });
  buffer.count('Page', { views: 1 }, { path: '/' });
  await buffer.close();
  await new Promise(setImmediate);
  process.off('unhandledRejection', rejections);
  expect(rejections).not.toHaveBeenCalled();
  expect(buffer.health().dropped).toBe(1);
});

test('a reason is logged once a minute, with how many increments it was', async () => {
  const clock = manualClock();
  const lines: string[] = [];
  const logger: Logger = { warn() {}, error: (line) => lines.push(String(line)) };
  await using buffer = createBuffer({ backend: memory({ clock }), clock, logger, maxTargets: 1 });
  const drop = (times: number): void => {
    for (let i = 0; i < times; i += 1) buffer.count('Page', { views: 1 }, { path: '/b' });
  };
  buffer.count('Page', { views: 1 }, { path: '/a' });
  drop(3);
  await clock.advance(59_999);
  buffer.count('Page', { views: 1 }, { path: '/a' });
  drop(3);
  await clock.advance(60_000);
  buffer.count('Page', { views: 1 }, { path: '/a' });
  drop(1);
  expect(lines).toEqual([
    expect.stringMatching(/dropped: 1, the last of them of Page: .*maxTargets/),
    expect.stringMatching(/dropped: 6, .*maxTargets/),
  ]);
  expect(buffer.health().dropped).toBe(7);
});
