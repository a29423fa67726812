import { createBuffer, createWorker, type Engine, type EngineHost } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, recordingSink } from '@sluice/testing';
import { expect, test } from 'vitest';
import { wrap } from './wrap.js';

/** A worker whose engine keeps what it is handed until the test processes it. */
async function setUp({ onError }: { onError?: (error: unknown) => void } = {}) {
  const clock = manualClock();
  const sink = recordingSink();
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const store = { isAway: false };
  const backend = memory({ clock });
  const buffer = createBuffer({
    backend: wrap(backend, {
      claim: (...args) => (store.isAway ? Promise.reject(new Error('claim: away')) : backend.claim(...args)),
    }),
    clock,
    sink,
    partitions: 4,
    logger: { warn: log, error: log },
  });
  const handed: (readonly number[])[] = [];
  const queue = {
    host: {} as EngineHost,
    isAway: false,
    /** What handing over waits for. */
    hung: undefined as Promise<void> | undefined,
    closed: 0,
    close: async (): Promise<void> => {},
  };
  const engine: Engine = (host) => {
    queue.host = host;
    return {
      dispatch: async (partitions) => {
        if (queue.isAway) throw new Error('queue: away');
        await queue.hung;
        handed.push(partitions);
      },
      close: async () => {
        queue.closed += 1;
        await queue.close();
      },
    };
  };
  await Promise.all(Array.from({ length: 40 }, (_, id) => buffer.incr('Page', { views: 1 }, { id })));
  const worker = createWorker(buffer, { clock, intervalMs: 100, engine, ...(onError && { onError }) });
  await clock.advance(0);
  return { buffer, clock, handed, lines, queue, sink, store, worker };
}

test('an engine gets the partitions that have something pending, every intervalMs; nothing is processed but by it', async () => {
  const { clock, handed, queue, sink, worker } = await setUp();
  await clock.advance(100);
  expect(handed).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  expect(sink.deliveries).toEqual([]);
  expect(await queue.host.process(2)).toMatchObject({ batches: 1, busy: [] });
  await clock.advance(100);
  expect(handed[2]).toEqual([0, 1, 3]);
  await worker.stop();
});

test('a stopped worker hands over nothing more, and is stopped when its engine is closed', async () => {
  const { clock, handed, queue, worker } = await setUp();
  let release = (): void => {};
  queue.close = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  let stopped = false;
  const stopping = worker.stop().then(() => {
    stopped = true;
  });
  await clock.advance(1000);
  expect([stopped, queue.closed, handed.length, clock.timers]).toEqual([false, 1, 1, 0]);
  release();
  await stopping;
});

test('a stopped worker closes its engine while a round still waits for it', async () => {
  const { clock, lines, queue, worker } = await setUp();
  queue.host.failed(new Error('socket: closed'));
  queue.hung = new Promise((resolve) => {
    queue.close = async () => resolve();
  });
  await clock.advance(100);
  await worker.stop();
  expect(queue.closed).toBe(1);
  expect(lines).toEqual([expect.stringContaining('socket: closed')]); // and not that it works again
});

test('a worker stops, and says so, when its engine cannot be closed', async () => {
  const { lines, queue, worker } = await setUp();
  queue.close = () => Promise.reject(new Error('close: away'));
  await worker.stop();
  expect(lines).toEqual([expect.stringContaining('close: away')]);
});

test('a worker whose buffer is closed closes its engine', async () => {
  const { buffer, clock, queue } = await setUp();
  await buffer.close();
  await clock.advance(100);
  expect([queue.closed, clock.timers]).toEqual([1, 0]);
});

test('what fails is logged once for each reason, whether a round fails, a partition or the queue', async () => {
  const { clock, lines, queue, store, worker } = await setUp();
  store.isAway = true;
  for (let round = 0; round < 3; round += 1) {
    await expect(queue.host.process(1)).rejects.toThrow('claim: away');
    await clock.advance(100);
  }
  expect(lines).toEqual([expect.stringContaining('claim: away')]);
  queue.isAway = true;
  queue.host.failed(new Error('socket: closed'));
  await clock.advance(300);
  expect(lines.slice(1)).toEqual([
    expect.stringContaining('socket: closed'),
    expect.stringContaining('queue: away'),
  ]);
  queue.isAway = false;
  await clock.advance(300);
  expect(lines).toHaveLength(3);
  store.isAway = false;
  await queue.host.process(1);
  await clock.advance(100);
  expect(lines.slice(3)).toEqual([expect.stringContaining('again')]);
  await worker.stop();
});

test('a partition that failed here and is processed elsewhere fails no longer', async () => {
  const { buffer, clock, lines, queue, store, worker } = await setUp();
  store.isAway = true;
  await expect(queue.host.process(1)).rejects.toThrow();
  store.isAway = false;
  await buffer.processPending(1);
  await clock.advance(100);
  expect(lines).toEqual([expect.stringContaining('away'), expect.stringContaining('again')]);
  await worker.stop();
});

test('onError gets what fails in place of the log', async () => {
  const errors: unknown[] = [];
  const { lines, queue, store, worker } = await setUp({ onError: (error) => errors.push(error) });
  store.isAway = true;
  await expect(queue.host.process(1)).rejects.toThrow();
  queue.host.failed('socket');
  await worker.stop();
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('away') }), 'socket']);
  expect(lines).toEqual([]);
});
