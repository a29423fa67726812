import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test } from 'vitest';
import { away, wrap } from './wrap.js';

test('a claim that is repeated after another worker settled its batch does not use the id again', async () => {
  const clock = manualClock();
  const store = memory({ clock });
  const sink = recordingSink();
  let isAway = false;
  // The first claim takes effect, its reply is lost, and then the worker cannot reach the backend for a while.
  const flaky = wrap(store, {
    async claim(partition, request) {
      if (isAway) throw away('refused');
      const claimed = await store.claim(partition, request);
      if (claimed.status !== 'leased' || sink.deliveries.length > 0) return claimed;
      isAway = true;
      throw away('unknown');
    },
  });
  const common = { clock, sink, partitions: 1, leaseMs: 500 };
  const unlucky = createBuffer({ ...common, backend: flaky, writeTimeoutMs: 60_000 });
  const other = createBuffer({ ...common, backend: store });

  await other.incr('Page', { views: 1 }, { id: 1 });
  const processing = unlucky.processPending(0);
  await clock.advance(600);
  expect(await other.processPending(0)).toMatchObject({ batches: 1 });
  await other.incr('Page', { views: 10 }, { id: 1 });
  isAway = false;
  expect(await clock.until(processing)).toMatchObject({ batches: 1 });

  expect(sink.total('Page', 'views')).toBe(11);
});
