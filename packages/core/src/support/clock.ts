/** Where a buffer takes its time from. Tests pass one that they move by hand: `manualClock()` of `@sluice/testing`. */
export interface Clock {
  /** Milliseconds since 1970, which never go back: durations and deadlines are measured by them. */
  now(): number;
  /** Runs `task` once, `delayMs` from now; returns what cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/**
 * What a buffer goes by unless it is given a clock: the system's time at which the process began, and what has passed since.
 * Setting the system's clock changes nothing.
 */
export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or as soon as the signal aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** A source of numbers from 0 up to 1, as Math.random is. */
export type Random = () => number;

/** Drawn at once, since each draw from the system costs as much as hundreds of them. */
const pool = /* @__PURE__ */ new Uint32Array(256);
let drawn = 256;

/**
 * Draws from the system's secure generator, and from the time in nanoseconds: a virtual machine may have been copied
 * with the generator's state, and ids must not repeat across processes.
 */
export const secureRandom: Random = () => {
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  const bits = pool[drawn] as number;
  drawn += 1;
  return ((bits ^ (performance.now() * 1e6)) >>> 0) / 2 ** 32;
};

/** An id of 20 characters, or fewer: five bits each, at the most. */
export function randomId(random: Random, length: 10 | 20 = 20): string {
  let id = '';
  while (id.length < length)
    id += Math.floor(random() * 32 ** 5)
      .toString(32)
      .padStart(5, '0');
  return id;
}
