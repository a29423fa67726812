import { type Backend, createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import type { Drain, SingleCounter } from './counter.js';

/** Sluice with its defaults, on Redis. */
export function sluiceOnRedis(port: number, prefix?: string): Backend {
  return redis({ url: `redis://127.0.0.1:${port}`, ...(prefix !== undefined && { prefix }) });
}

/** Sluice with its defaults, in this process. */
export function sluiceInMemory(): Backend {
  return memory();
}

/**
 * Counts in rounds: a round of `window` increments begins when the backend has acknowledged all of the last one. A
 * refused increment ends the process, as its rejection is not handled.
 */
export async function openSluice(backend: Backend, window: number): Promise<SingleCounter> {
  const buffer = createBuffer({ backend });
  await buffer.stats(); // connects
  return {
    countOne: (path) => buffer.incr('Page', { views: 1 }, { path }),
    async count(paths) {
      for (let from = 0; from < paths.length; from += window) {
        const until = Math.min(from + window, paths.length);
        for (let i = from; i < until; i += 1) {
          void buffer.incr('Page', { views: 1 }, { path: paths[i] as string });
        }
        await buffer.flush();
      }
    },
    [Symbol.asyncDispose]: () => buffer.close(),
  };
}

/** A worker's drain, with a sink that does nothing. */
export async function openSluiceDrain(backend: Backend): Promise<Drain> {
  const buffer = createBuffer({ backend, sink: async () => {}, partitions: 8 });
  await buffer.stats(); // connects
  return {
    drain: async () => (await buffer.processPending()).entries,
    [Symbol.asyncDispose]: () => buffer.close(),
  };
}
