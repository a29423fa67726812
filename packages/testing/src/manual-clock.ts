import type { Clock } from '@sluice/core';

/** A clock that stands still until a test moves it: {@link manualClock} makes it. */
export interface ManualClock extends Clock {
  /**
   * Moves time forward by `ms` milliseconds. Timers that fall due on the way run in the order of their times, each with
   * the clock at its time, and what they start has run as far as it can without I/O before the next one. A negative number
   * sets the clock back, as an operator may do with a server's; no timer runs.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves time from timer to timer until the promise settles, and settles as it does: for code that waits and tries
   * again. Time stands still while there is no timer, so it suits work in this process, not on a server.
   */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Timers that have not run and were not cancelled. */
  readonly timers: number;
}

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/**
 * Makes a clock that stands at `start`, in milliseconds since 1970; by default at the beginning of 2026, UTC. Pass it to
 * all that take time: the buffer, the backend, the worker.
 *
 * @example
 * ```ts
 * import { memory } from '@sluice/memory';
 * import { manualClock } from '@sluice/testing';
 *
 * const clock = manualClock();
 * const buffer = createBuffer({ backend: memory({ clock }), sink, clock, lingerMs: 100 });
 * const counted = buffer.incr('Page', { views: 1 }, { path: '/docs' });
 * await clock.advance(100);
 * await counted;
 * ```
 */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const timers = new Set<Timer>();

  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers)
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  };

  const run = async (timer: Timer): Promise<void> => {
    timers.delete(timer);
    now = timer.at;
    timer.task();
    await settle();
  };

  return {
    now: () => now,
    after(delayMs, task) {
      const timer = { at: now + Math.max(0, delayMs), task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        await run(timer);
      }
      now = end;
    },
    async until(promise) {
      let settled = false;
      const end = (): void => {
        settled = true;
      };
      promise.then(end, end);
      for (await settle(); !settled; ) {
        const timer = nextUntil(Number.POSITIVE_INFINITY);
        await (timer === undefined ? settle() : run(timer));
      }
      return promise;
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Lets promise chains run to their end: a macrotask begins only after all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
