import { BackendError, createBuffer, SinkUnavailableError } from '@sluice/core';
import { memory } from '@sluice/memory';
import { type OpenTelemetryOptions, openTelemetry } from '@sluice/opentelemetry';
import { type FaultRule, faultyBackend, manualClock, recordingSink } from '@sluice/testing';
import { expect, test, vi } from 'vitest';
import { TestMeters } from './support/metrics.js';

const PAGE = ['Page', { views: 1 }] as const;

function setUp({ rules = [], ...options }: OpenTelemetryOptions & { rules?: readonly FaultRule[] } = {}) {
  const clock = manualClock();
  const meters = new TestMeters();
  const store = memory({ clock });
  const sink = recordingSink();
  const telemetry = openTelemetry({ meterProvider: meters.provider, clock, ...options });
  const logger = { warn: vi.fn(), error: vi.fn() };
  const backend = faultyBackend(store, rules, { clock });
  const buffer = createBuffer({
    backend,
    sink,
    telemetry,
    clock,
    logger,
    partitions: 2,
    maxAttempts: 2,
    giveUpAfterMs: 0,
    retryDelay: () => 1000,
  });
  return { clock, meters, store, backend, sink, buffer, logger };
}

test('what is counted, written and applied: their ratios are what merging saves', async () => {
  const { meters, buffer } = setUp();
  for (let i = 0; i < 3; i += 1) await Promise.all([1, 2].map(() => buffer.incr(...PAGE, { path: '/' })));
  expect(await meters.value('sluice.increments.taken')).toBe(6);
  expect(await meters.value('sluice.targets.written')).toBe(3);
  expect(await meters.value('sluice.targets.applied')).toBe(0);
  await buffer.processPending();
  expect(await meters.value('sluice.targets.applied')).toBe(1);
  await buffer.incr(...PAGE, { path: '/docs' });
  await buffer.close();
  // What nobody collected before the buffer closed is not left out.
  expect(await meters.value('sluice.increments.taken')).toBe(7);
});

test('what is held, pending, in flight, how old, how often it failed and since when', async () => {
  const { clock, meters, sink, buffer } = setUp();
  await buffer.incr(...PAGE, { path: '/' });
  await clock.advance(2000);
  expect(await meters.value('sluice.targets.pending')).toBe(1);
  expect(await meters.value('sluice.targets.oldest_age')).toBe(2);
  expect(await meters.value('sluice.batch.attempts')).toBe(0);
  sink.fail(new Error('no'));
  await buffer.processPending();
  await clock.advance(500);
  const held = buffer.incr(...PAGE, { path: '/docs' });
  expect(await meters.value('sluice.targets.held')).toBe(1);
  await held;
  expect(await meters.value('sluice.targets.held')).toBe(0);
  expect(await meters.value('sluice.targets.pending')).toBe(1);
  expect(await meters.value('sluice.targets.claimed')).toBe(1);
  expect(await meters.value('sluice.batch.attempts')).toBe(1);
  expect(await meters.value('sluice.batch.failing_age')).toBe(0.5);
  await buffer.close();
});

test('why deliveries fail, and what becomes a dead letter', async () => {
  const { clock, meters, sink, buffer, logger } = setUp();
  await Promise.all(['/', '/docs'].map((path) => buffer.incr(...PAGE, { path })));
  sink.fail(new SinkUnavailableError('away'));
  await buffer.processPending(0);
  sink.fail(new Error('no'), { times: 2 });
  await clock.advance(1000);
  await buffer.processPending(0);
  expect(await meters.valueOf('sluice.batches.retried', { 'sluice.reason': 'unavailable' })).toBe(1);
  expect(await meters.valueOf('sluice.batches.retried', { 'sluice.reason': 'verdict' })).toBe(1);
  expect(await meters.value('sluice.targets.buried')).toBe(0);
  await clock.advance(1000);
  await buffer.processPending(0);
  const dead = await meters.value('sluice.targets.buried');
  expect(dead).toBeGreaterThan(0);
  expect(await meters.value('sluice.targets.dead')).toBe(dead);
  expect(await meters.valueOf('sluice.sink.duration', { 'error.type': 'ERR_SLUICE_SINK_UNAVAILABLE' })).toBe(
    1,
  );
  expect(await meters.valueOf('sluice.sink.duration', { 'error.type': 'Error' })).toBe(2);
  // It listens to events, and they are logged all the same.
  expect(logger.error).toHaveBeenCalledTimes(1);
  await buffer.close();
});

test('duplicates, gaps and losses', async () => {
  const { clock, meters, store, buffer } = setUp({ rules: [{ on: 'add', fault: 'lose-reply' }] });
  const writes = (status: string) => meters.valueOf('sluice.writes.sent', { 'sluice.write.status': status });
  await clock.until(buffer.incr(...PAGE, { path: '/' }));
  expect([await writes('applied'), await writes('duplicate')]).toEqual([0, 1]);
  const before = store.snapshot();
  await buffer.incr(...PAGE, { path: '/' });
  store.restore(before);
  await buffer.incr(...PAGE, { path: '/' });
  expect(await writes('gap')).toBe(1);
  store.restore(memory({ clock }).snapshot());
  await buffer.incr(...PAGE, { path: '/' });
  expect(await writes('unknown')).toBe(1);
  expect(await meters.valueOf('sluice.writes.lost', { 'sluice.reason': 'wiped' })).toBeGreaterThan(0);
  await buffer.close();
});

test('increments that count() drops, and targets that the backend refuses', async () => {
  const { meters, buffer } = setUp();
  const most = Number.MAX_SAFE_INTEGER;
  await buffer.incr('Page', { views: most }, { path: '/' });
  buffer.count(...PAGE, { path: '/' });
  buffer.count('Page', { views: 0.5 }, { path: '/' });
  await buffer.flush().catch(() => {});
  expect(await meters.value('sluice.increments.dropped')).toBe(2);
  expect(await meters.valueOf('sluice.targets.refused', { 'sluice.reason': 'overflow' })).toBe(1);
  expect(await meters.value('sluice.targets.written')).toBe(1);
  await buffer.close();
});

test('how long calls take, by what they are and what they fail with', async () => {
  const { clock, meters, buffer } = setUp({ rules: [{ on: 'add', fault: 'refuse' }] });
  await clock.until(buffer.incr(...PAGE, { path: '/' }));
  await buffer.processPending();
  const calls = (operation: string, more = {}) =>
    meters.valueOf('sluice.backend.operation.duration', { 'sluice.operation': operation, ...more });
  expect(await calls('add')).toBe(2);
  expect(await calls('add', { 'error.type': 'ERR_SLUICE_BACKEND_UNAVAILABLE' })).toBe(1);
  expect([await calls('claim'), await calls('ack')]).toEqual([1, 1]);
  expect(await meters.value('sluice.sink.duration')).toBe(1);
  await buffer.close();
});

test('what the servers hold that are there is shown while another one is away, and that it is not all', async () => {
  const error = new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'away', {
    retryable: true,
    outcome: 'refused',
  });
  const { meters, store, buffer } = setUp();
  const stats = store.stats.bind(store);
  store.stats = async (known) => [...(await stats(known)), { partition: 7, error }];
  await buffer.incr(...PAGE, { path: '/' });
  expect(await meters.value('sluice.targets.pending')).toBe(1);
  expect(await meters.value('sluice.stats.failures')).toBeGreaterThan(0);
  await buffer.close();
});

test('a backend that is away shows, and keeps no collection waiting', async () => {
  const { clock, meters, buffer } = setUp({
    rules: [{ on: 'stats', fault: { delayReply: new Promise(() => {}) } }],
  });
  const first = meters.value('sluice.stats.failures');
  const second = meters.value('sluice.targets.held');
  await clock.advance(3000);
  expect([await first, await second]).toEqual([1, 0]);
  await buffer.close();
});

test('while calls fail, it says since when', async () => {
  const { clock, meters, buffer } = setUp({ rules: [{ on: 'add', fault: 'refuse', times: 1000 }] });
  const lost = buffer.incr(...PAGE, { path: '/' }).catch(() => {});
  await clock.advance(4000);
  expect(await meters.value('sluice.targets.held_age')).toBe(4);
  expect(await meters.value('sluice.backend.failing_age')).toBeGreaterThan(3.5);
  expect(await meters.valueOf('sluice.errors', { 'error.type': 'ERR_SLUICE_BACKEND_UNAVAILABLE' })).toBe(1);
  await clock.until(buffer.close());
  await lost;
});

test('by partition, if that is wanted', async () => {
  const { meters, buffer } = setUp({ partitions: true, attributes: { 'sluice.buffer': 'pages' } });
  await Promise.all(Array.from({ length: 20 }, (_, i) => buffer.incr(...PAGE, { path: `/${i}` })));
  await buffer.processPending();
  for (const name of ['sluice.targets.written', 'sluice.targets.applied', 'sluice.targets.pending']) {
    const points = await meters.points(name);
    const attributes = [0, 1].map((partition) => ({
      'sluice.buffer': 'pages',
      'sluice.partition': partition,
    }));
    expect(points.map(([each]) => each)).toEqual(expect.arrayContaining(attributes));
    expect(points).toHaveLength(2);
  }
  // Series that begin at 1 would show no increase.
  expect(await meters.points('sluice.writes.lost')).toHaveLength(2 * 3);
  expect(await meters.valueOf('sluice.writes.lost', {})).toBe(0);
  expect(await meters.points('sluice.increments.taken')).toEqual([[{ 'sluice.buffer': 'pages' }, 20]]);
  await buffer.close();
});

test('the backend is left alone, if that is wanted', async () => {
  const { meters, backend, buffer } = setUp({ stats: false });
  await buffer.incr(...PAGE, { path: '/' });
  expect(await meters.points('sluice.targets.pending')).toEqual([]);
  expect(await meters.value('sluice.targets.held')).toBe(0);
  expect(backend.calls.map(({ method }) => method)).not.toContain('stats');
  await buffer.close();
});

test('a buffer that is closed is not asked any more', async () => {
  const { meters, backend, buffer } = setUp();
  await buffer.close();
  expect(await meters.value('sluice.stats.failures')).toBe(0);
  expect(await meters.points('sluice.targets.held')).toEqual([]);
  expect(backend.calls.map(({ method }) => method)).not.toContain('stats');
});

test('two buffers may share one', async () => {
  const meters = new TestMeters();
  const telemetry = openTelemetry({ meterProvider: meters.provider });
  const buffers = [1, 2].map(() => createBuffer({ backend: memory(), telemetry }));
  await Promise.all(buffers.map((buffer) => buffer.incr(...PAGE, { path: '/' })));
  expect(await meters.value('sluice.increments.taken')).toBe(2);
  await Promise.all(buffers.map((buffer) => buffer.close()));
});

test('without an SDK it does nothing, and nothing fails', async () => {
  const sink = recordingSink();
  const buffer = createBuffer({ backend: memory(), sink, telemetry: openTelemetry() });
  await buffer.incr(...PAGE, { path: '/' });
  await buffer.processPending();
  await buffer.close();
  expect(sink.total('Page', 'views')).toBe(1);
});

test.each([
  ['meterProvider', { meterProvider: {} }],
  ['tracerProvider', { tracerProvider: {} }],
  ['attributes', { attributes: 'pages' }],
  ['partitions', { partitions: 'yes' }],
  ['stats', { stats: 1 }],
  ['clock', { clock: {} }],
  ['statsIntervalMs', { statsIntervalMs: 1000 }],
])('an option "%s" that cannot be used is refused', (name, options) => {
  expect(() => openTelemetry(options as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_SLUICE_INVALID_OPTION',
      message: expect.stringContaining(`"${name}"`),
    }),
  );
});
