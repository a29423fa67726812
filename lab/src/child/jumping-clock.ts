import type { Clock } from '@sluice/core';

/** The system's time, until it jumps. Timers go on as they were, as they do when a machine's clock is set. */
export interface JumpingClock extends Clock {
  jump(ms: number): void;
}

export function jumpingClock(): JumpingClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    after(delayMs, task) {
      const timer = setTimeout(task, Math.min(delayMs, 2 ** 31 - 1));
      return () => clearTimeout(timer);
    },
    jump(ms) {
      offset += ms;
    },
  };
}
