import type { Batch, Entry } from '@sluice/core';
import { recordingSink } from '@sluice/testing';
import { expect, test } from 'vitest';

const context = { signal: new AbortController().signal, leaseMs: 1000, ageMs: 0, logger: console };

const entry = (path: string, views: number, filters: Entry['filters'] = {}): Entry => ({
  model: 'Page',
  filters: { path, ...filters },
  columns: { views },
  extra: {},
  signalOnly: false,
  firstAt: new Date(0),
});

const batch = (id: string, ...entries: Entry[]): Batch => ({ id, partition: 0, attempt: 1, entries });

test('sums go by model, column and filters', async () => {
  const sink = recordingSink();
  await sink(batch('1', entry('/a', 2), entry('/b', 3)), context);
  await sink(batch('2', entry('/a', 5, { day: new Date(1), lang: 'en' })), context);
  expect(sink.total('Page', 'views')).toBe(10);
  expect(sink.total('Page', 'views', { path: '/a' })).toBe(7);
  expect(sink.total('Page', 'views', { day: new Date(1) })).toBe(5);
  expect(sink.total('Page', 'likes')).toBe(0);
  expect(sink.total('User', 'views')).toBe(0);
});

test('a batch counts once, however often it is delivered', async () => {
  const sink = recordingSink();
  await sink(batch('1', entry('/a', 2)), context);
  await sink(batch('1', entry('/a', 2)), context);
  expect(sink.total('Page', 'views')).toBe(2);
  expect(sink.deliveries).toHaveLength(2);
  expect(sink.entries).toHaveLength(1);
});

test('a failure before the commit applies nothing; one after it applies all', async () => {
  const sink = recordingSink();
  sink.fail(new Error('before'));
  await expect(sink(batch('1', entry('/a', 2)), context)).rejects.toThrow('before');
  expect(sink.total('Page', 'views')).toBe(0);
  sink.fail(new Error('after'), { when: 'after' });
  await expect(sink(batch('1', entry('/a', 2)), context)).rejects.toThrow('after');
  expect(sink.total('Page', 'views')).toBe(2);
});

test('a failure ends after the given number of times', async () => {
  const sink = recordingSink();
  sink.fail('twice', { times: 2 });
  for (let i = 0; i < 2; i += 1)
    await expect(sink(batch('1', entry('/a', 2)), context)).rejects.toBe('twice');
  await sink(batch('1', entry('/a', 2)), context);
  expect(sink.total('Page', 'views')).toBe(2);
});
