import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock } from '@sluice/testing';
import { expect, test } from 'vitest';
import { away, quiet, wrap } from './wrap.js';

const WELL = { status: 'ready', failingForMs: 0, held: 0, heldForMs: 0, increments: 0, dropped: 0 };

function setUp() {
  const clock = manualClock();
  const store = memory({ clock });
  const server = { isAway: false };
  const backend = wrap(store, {
    add: (write) => (server.isAway ? Promise.reject(away('refused')) : store.add(write)),
    stats: (known) => (server.isAway ? Promise.reject(away('refused')) : store.stats(known)),
  });
  const buffer = createBuffer({ backend, clock, partitions: 4, logger: quiet, closeTimeoutMs: 1 });
  return { clock, server, buffer };
}

test('a buffer that is not used is ready', () => {
  expect(setUp().buffer.health()).toEqual(WELL);
});

test('while writes fail, it says since when, with what, and what is held', async () => {
  const { clock, server, buffer } = setUp();
  server.isAway = true;
  const first = buffer.incr('Page', { views: 1 }, { path: '/' });
  await clock.advance(4000);
  const second = buffer.incr('Page', { views: 1 }, { path: '/docs' });
  await clock.advance(1000);
  const health = buffer.health();
  expect(health).toMatchObject({ status: 'failing', held: 2, heldForMs: 5000 });
  expect(health.failingForMs).toBeGreaterThan(4900);
  expect(health.lastError).toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' });
  server.isAway = false;
  await clock.advance(4000);
  await Promise.all([first, second]);
  expect(buffer.health()).toEqual({ ...WELL, increments: 2 });
});

test('other calls that fail show, too', async () => {
  const { clock, server, buffer } = setUp();
  server.isAway = true;
  const stats = buffer.stats();
  await clock.advance(100);
  expect(buffer.health()).toMatchObject({
    status: 'failing',
    lastError: { code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' },
  });
  server.isAway = false;
  await clock.advance(4000);
  await stats;
  expect(buffer.health()).toEqual(WELL);
});

test('a backend that was given up on is failing until a call succeeds', async () => {
  const { clock, server, buffer } = setUp();
  server.isAway = true;
  const lost = expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toThrow();
  await clock.advance(40_000);
  await lost;
  expect(buffer.health()).toMatchObject({ status: 'failing', held: 0 });
  server.isAway = false;
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  expect(buffer.health()).toEqual({ ...WELL, increments: 2 });
});

test('a closed buffer says so', async () => {
  const { buffer } = setUp();
  await buffer.close();
  expect(buffer.health()).toMatchObject({ status: 'closed', held: 0 });
});
