import { createBuffer, type Sink, type Telemetry } from '@sluice/core';
import { memory } from '@sluice/memory';
import { recordingSink } from '@sluice/testing';
import { expect, test, vi } from 'vitest';
import { wrap } from './wrap.js';

test('it stands between the buffer and its backend and sink, and hears of the end', async () => {
  const log: string[] = [];
  const sink = Object.assign(recordingSink(), { giveUp: vi.fn() });
  const telemetry: Telemetry = {
    backend: (backend) =>
      wrap(backend, {
        add(write) {
          log.push('add');
          return backend.add(write);
        },
      }),
    sink: (inner): Sink =>
      Object.assign((...args: Parameters<Sink>) => {
        log.push('sink');
        return inner(...args);
      }, inner),
    opened(buffer) {
      log.push(`opened ${buffer.health().status}`);
      return () => void log.push('closed');
    },
  };
  const backend = memory();
  const close = vi.spyOn(backend, 'close');
  const buffer = createBuffer({ backend, sink, telemetry });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.processPending();
  await buffer.close();
  expect(log).toEqual(['opened ready', 'add', 'sink', 'closed']);
  expect(sink.total('Page', 'views')).toBe(1);
  expect(close).toHaveBeenCalledTimes(1);
});

test('it hears of events, and what nobody else listens for is logged all the same', async () => {
  const seen: unknown[] = [];
  const logger = { warn: vi.fn(), error: vi.fn() };
  const telemetry: Telemetry = {
    opened(_, watch) {
      watch('retry', ({ failures }) => void seen.push(failures));
      return undefined;
    },
  };
  const sink = recordingSink();
  sink.fail(new Error('no'), { times: 2 });
  const buffer = createBuffer({ backend: memory(), sink, telemetry, logger, retryDelay: () => 0 });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.processPending();
  expect(logger.warn).toHaveBeenCalledTimes(1);
  const stop = buffer.on('retry', () => {});
  await buffer.processPending();
  stop();
  await buffer.close();
  expect(seen).toEqual([1, 2]);
  expect(logger.warn).toHaveBeenCalledTimes(1);
});

test('every increment that was taken is counted, merged ones too; those that were refused are not', async () => {
  const buffer = createBuffer({ backend: memory() });
  buffer.count('Page', { views: 1 }, { path: '/' });
  await Promise.all([1, 2, 3].map((views) => buffer.incr('Page', { views }, { path: '/' })));
  await buffer.incr('Page', { views: 0.5 }, { path: '/' }).catch(() => {});
  expect(buffer.health().increments).toBe(4);
  await buffer.close();
});

test('a backend that two buffers share is closed once, watched or not', async () => {
  const backend = memory();
  const close = vi.spyOn(backend, 'close');
  const watched = createBuffer({ backend, telemetry: { backend: (inner) => wrap(inner, {}) } });
  const plain = createBuffer({ backend });
  await watched.close();
  expect(close).not.toHaveBeenCalled();
  await plain.close();
  expect(close).toHaveBeenCalledTimes(1);
});
