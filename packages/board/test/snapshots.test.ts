import { board } from '@sluice/board';
import { BackendError, createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { startTcpProxy } from '@sluice/test-servers';
import { faultyBackend, manualClock, startRedisServer } from '@sluice/testing';
import { expect, test } from 'vitest';
import type { State } from '../src/wire.js';
import { quiet } from './support/dead.js';
import { asker } from './support/request.js';

function setup(faults: Parameters<typeof faultyBackend>[1] = []) {
  const clock = manualClock();
  const backend = faultyBackend(memory({ clock }), faults, { clock });
  const buffer = createBuffer({ backend, clock, partitions: 2, logger: quiet });
  const { get } = asker(board({ buffer, clock }));
  const state = async (since = 0): Promise<State> =>
    (await (await clock.until(get(`/api/state?since=${since}`))).json()) as State;
  const reads = (): number => backend.calls.filter(({ method }) => method === 'stats').length;
  return { clock, backend, buffer, state, reads };
}

test('one snapshot is for all who look', async () => {
  const { clock, buffer, state, reads } = setup();
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  const states = await Promise.all(Array.from({ length: 50 }, () => state()));
  expect(states.map(({ snapshot }) => snapshot?.pending)).toEqual(Array(50).fill(1));
  expect(reads()).toBe(1);
  await clock.advance(states[0]?.againInMs ?? 0);
  await Promise.all(Array.from({ length: 50 }, () => state()));
  expect(reads()).toBe(2);
});

test('nobody looks, nothing is read', async () => {
  const { clock, state, reads } = setup();
  await state();
  await clock.advance(3_600_000);
  expect(reads()).toBe(1);
});

test('a page gets the points that it does not have', async () => {
  const { clock, state } = setup();
  await state();
  await clock.advance(3000);
  const { history } = await state();
  expect(history).toHaveLength(2);
  await clock.advance(3000);
  expect((await state(history[1]?.[0])).history).toHaveLength(1);
});

test('a backend that is away: says so at once, with what was there last, and recovers', async () => {
  let isAway = false;
  const { clock, buffer, state } = setup([{ on: 'stats', times: 1e6, when: () => isAway, fault: 'refuse' }]);
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  await state();
  isAway = true;
  await clock.advance(3000);
  const away = await state();
  expect(away.health.status).toBe('failing');
  expect(away.trouble).toContain('failed at stats');
  expect(away.snapshot?.pending).toBe(1);
  // Longer than the buffer repeats a call.
  await clock.advance(60_000);
  await state();
  expect((await state()).trouble).toBeDefined();
  isAway = false;
  await clock.advance(60_000);
  const back = await state();
  expect(back.trouble).toBeUndefined();
  expect(back.snapshot?.ageMs).toBe(0);
});

test('a backend that hangs keeps nobody waiting', async () => {
  const never = new Promise(() => {});
  const { clock, state } = setup([{ on: 'stats', fault: { delayReply: never } }]);
  const before = clock.now();
  const { snapshot } = await state();
  expect(snapshot).toBeUndefined();
  expect(clock.now() - before).toBeLessThanOrEqual(1000);
});

test('a closed buffer is said to be closed', async () => {
  const { buffer, state } = setup();
  await buffer.close();
  expect((await state()).health.status).toBe('closed');
});

test('an error shows no password', async () => {
  const { state } = setup([{ on: 'stats', fault: { reject: new Error('redis://:hunter2@host is away') } }]);
  const { trouble } = await state();
  expect(trouble).toContain('redis://…');
  expect(trouble).not.toContain('hunter2');
});

test('twenty pages that ask each second cost Redis ten commands a second at most', async () => {
  await using server = await startRedisServer();
  let commands = 0;
  await using proxy = await startTcpProxy(server.port, () => ({
    onRequest(bytes) {
      commands += bytes.toString('latin1').match(/(^|\r\n)\*\d+\r\n\$/g)?.length ?? 0;
      return 'pass';
    },
  }));
  const clock = manualClock();
  const backend = redis({ url: `redis://127.0.0.1:${proxy.port}` });
  await using buffer = createBuffer({ backend, partitions: 8, logger: quiet });
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  const { get, post } = asker(board({ buffer, clock }));
  await get('/api/state');
  commands = 0;
  const SECONDS = 20;
  for (let second = 0; second < SECONDS; second += 1) {
    await Promise.all(Array.from({ length: 20 }, () => get('/api/state')));
    // Whoever must wait for a turn waits for this clock.
    for (let i = 0; i < 5; i += 1) {
      void post('/api/target', {
        model: 'Page',
        columns: ['views'],
        filters: [{ name: 'path', type: 'text', value: '/a' }],
      });
    }
    await clock.advance(1000);
  }
  expect(commands).toBeGreaterThan(SECONDS);
  expect(commands).toBeLessThanOrEqual(10 * SECONDS);
});

test('partitions of a server that is away are named, and the others are shown', async () => {
  const clock = manualClock();
  const backend = memory({ clock });
  const error = new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'Redis b:6379: no reply', {
    retryable: true,
    outcome: 'unknown',
  });
  const stats = backend.stats.bind(backend);
  backend.stats = async (known) => [...(await stats(known)), { partition: 7, node: 'b:6379', error }];
  const buffer = createBuffer({ backend, clock, partitions: 1 });
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  const { get } = asker(board({ buffer, clock }));
  const state = await (await clock.until(get('/api/state?since=0'))).json();
  expect(state).toMatchObject({ snapshot: { pending: 1 }, missing: 'Partition 7: Redis b:6379: no reply' });
  await buffer.close();
});
