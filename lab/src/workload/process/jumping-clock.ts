import type { Clock } from '@sluice/core';

/** The system's time, until it jumps. Timers keep running, as they do when a machine's clock is set. */
export interface JumpingClock extends Clock {
  jump(ms: number): void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export function jumpingClock(): JumpingClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    after(delayMs, task) {
      const timer = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
    jump(ms) {
      offset += ms;
    },
  };
}
