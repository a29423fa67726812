import type { Backend } from '@sluice/core';
import { BACKEND_METHODS, type BackendMethod } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { Redis } from 'ioredis';
import type { RedisMeter } from './redis-meter.js';

/** By what called them: for how many milliseconds each script kept the server busy. */
export type BusyMs = ReadonlyMap<BackendMethod, readonly number[]>;

/** A backend whose scripts are measured. */
export interface TimedBackend extends AsyncDisposable {
  readonly backend: Backend;
  /** Resolves with the times since the last question. */
  take(): BusyMs;
}

/**
 * Runs one script after the other, and notes how much CPU time the server spent on each: on reading the request, on the
 * script, and on writing the reply. Time in which the server had no core does not count.
 */
export async function timedBackend(port: number, meter: RedisMeter): Promise<TimedBackend> {
  const questionMs = await meter.questionMs();
  const client = new Redis(port, '127.0.0.1');
  let times = new Map<BackendMethod, number[]>();
  let current: BackendMethod = 'validate';
  let before: Promise<unknown> = Promise.resolve();

  const evalsha = async (...args: Parameters<typeof client.evalsha>): Promise<unknown> => {
    const startedAt = await meter.mainThreadMs();
    try {
      return await client.evalsha(...args);
    } finally {
      const ms = (await meter.mainThreadMs()) - startedAt - questionMs;
      const same = times.get(current) ?? [];
      times.set(current, same);
      same.push(Math.max(0, ms));
    }
  };
  const timed = new Proxy(client, {
    get: (target, name) => (name === 'evalsha' ? evalsha : bound(target, name)),
  });
  const backend = redis({ client: timed });
  const inTurn = (method: BackendMethod, args: readonly unknown[]): Promise<unknown> => {
    const result = before.then(() => {
      current = method;
      return Reflect.apply(backend[method], backend, args);
    });
    before = result.catch(() => {});
    return result;
  };
  const methods = Object.fromEntries(
    BACKEND_METHODS.map((method) => [method, (...args: unknown[]) => inTurn(method, args)]),
  );
  return {
    backend: { ...(methods as unknown as Omit<Backend, 'name'>), name: backend.name },
    take() {
      const taken = times;
      times = new Map();
      return taken;
    },
    [Symbol.asyncDispose]: async () => void (await client.quit()),
  };
}

function bound(target: Redis, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}
