import { setImmediate } from 'node:timers/promises';
import { type Backend, createBuffer, type Telemetry } from '@sluice/core';
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

export interface SluiceSettings {
  readonly backend: Backend;
  readonly lingerMs: number;
  readonly telemetry?: Telemetry | undefined;
}

// Increments that are made before the event loop turns, as by requests that arrive together.
const TURN = 1000;
// Increments in flight, at most. With fewer targets than a buffer holds, none is refused.
const IN_FLIGHT = 8000;

/**
 * Counts as fast as the process can, and waits for the backend: without a linger, an increment is made only once the
 * one `IN_FLIGHT` before it is acknowledged. A refused increment ends the process, as its rejection is
 * not handled.
 */
export async function openSluice({ backend, lingerMs, telemetry }: SluiceSettings): Promise<SingleCounter> {
  const buffer = createBuffer({ backend, lingerMs, telemetry });
  await buffer.stats(); // connects
  return {
    countOne: (path) => buffer.incr('Page', { views: 1 }, { path }),
    async count(paths) {
      const turns: Promise<void>[] = [];
      for (let from = 0; from < paths.length; from += TURN) {
        let last = Promise.resolve();
        for (const path of paths.slice(from, from + TURN)) last = buffer.incr('Page', { views: 1 }, { path });
        turns.push(last);
        if (lingerMs === 0) await turns[turns.length - IN_FLIGHT / TURN];
        await setImmediate();
      }
      await buffer.flush();
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
