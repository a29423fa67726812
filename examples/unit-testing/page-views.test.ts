import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test } from 'vitest';
import { type PageSchema, PageViews } from './page-views.js';

/** The service on a backend in memory: nothing to start, nothing to wait for, nothing left behind. */
function setUp() {
  const clock = manualClock();
  const sink = recordingSink();
  const backend = memory({ clock });
  const buffer = createBuffer<PageSchema>({ backend, sink, clock, partitions: 1, retryDelay: () => 5000 });
  return { clock, sink, buffer, pages: new PageViews(buffer) };
}

test('views of a page become one update', async () => {
  const { sink, buffer, pages } = setUp();
  const [morning, noon] = [new Date('2026-01-01T09:00:00Z'), new Date('2026-01-01T12:00:00Z')];

  await Promise.all([
    pages.record('/docs', noon, 20),
    pages.record('/docs', morning, 40),
    pages.record('/blog', noon),
  ]);
  await buffer.processPending();

  expect(sink.entries).toHaveLength(2);
  expect(sink.entries[0]).toMatchObject({
    filters: { path: '/docs' },
    columns: { views: 2, readSeconds: 60 },
    extra: { lastSeen: { value: noon } },
  });
});

test('views are pending until they are applied', async () => {
  const { buffer, pages } = setUp();
  await pages.record('/docs', new Date());
  expect(await pages.pending('/docs')).toBe(1);
  await buffer.processPending();
  expect(await pages.pending('/docs')).toBe(0);
});

test('a batch that the database refuses is applied later', async () => {
  const { clock, sink, buffer, pages } = setUp();
  await pages.record('/docs', new Date());
  sink.fail(new Error('deadlock detected'));
  expect(await buffer.processPending()).toMatchObject({ batches: 0, retried: 1 });

  await clock.advance(4999);
  expect(await buffer.processPending()).toMatchObject({ batches: 0, dueInMs: 1 });
  await clock.advance(1);
  expect(await buffer.processPending()).toMatchObject({ batches: 1 });
  expect(sink.total('Page', 'views')).toBe(1);
});

test('a view counts once, even if the database applied it and could not say so', async () => {
  const { clock, sink, buffer, pages } = setUp();
  await pages.record('/docs', new Date());
  sink.fail(new Error('connection lost after COMMIT'), { when: 'after' });
  await buffer.processPending();
  await clock.advance(5000);
  await buffer.processPending();

  // Both deliveries have one id: a sink that records ids, as this one does, skips the second.
  expect(sink.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(sink.total('Page', 'views')).toBe(1);
});
