import type { Backend } from '../backend.js';
import { randomId, secureRandom } from './clock.js';

const buffers = /* @__PURE__ */ new WeakMap<Backend, number>();
let processId: string | undefined;

/**
 * Names a buffer among all that use a backend, also if they draw the same random numbers: no two buffers of a process
 * have the same name on one backend, and no two processes have any.
 */
export function nextInstance(backend: Backend): string {
  processId ??= randomId(secureRandom);
  const number = (buffers.get(backend) ?? 0) + 1;
  buffers.set(backend, number);
  return `${processId}.${number}`;
}
