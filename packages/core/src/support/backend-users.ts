import type { Backend } from '../backend.js';

type Global = typeof globalThis & { [USERS]?: WeakMap<Backend, number> };

// One count for the process, even with several copies of this package in it.
const USERS: unique symbol = Symbol.for('@sluice/core.users') as never;

/**
 * Counts the buffers that share a backend, as a producer and a worker in a test do: the last one closes it.
 * @returns how many there are now
 */
export function addUsers(backend: Backend, change: 1 | -1): number {
  const shared: Global = globalThis;
  shared[USERS] ??= new WeakMap();
  const users = (shared[USERS].get(backend) ?? 0) + change;
  shared[USERS].set(backend, users);
  return users;
}
