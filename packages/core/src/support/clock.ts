/** Where a buffer takes its time from. Tests pass one that they move by hand: `manualClock()` of `@sluice/testing`. */
export interface Clock {
  /** Milliseconds since 1970, which never go back: durations and deadlines are measured by them. */
  now(): number;
  /** Runs `task` once, `delayMs` from now; returns what cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** The system's time at which the process began, and what has passed since: setting the system's clock changes nothing. */
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

/**
 * Draws from the system's secure generator, and from the time in nanoseconds: a virtual machine may have been copied
 * with the generator's state, and ids must not repeat across processes.
 */
export const secureRandom: Random = () => {
  const [bits] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
  return ((bits ^ (performance.now() * 1e6)) >>> 0) / 2 ** 32;
};

/** An id of 20 characters, 100 bits at the most. */
export function randomId(random: Random): string {
  let id = '';
  while (id.length < 20)
    id += Math.floor(random() * 32 ** 5)
      .toString(32)
      .padStart(5, '0');
  return id;
}
