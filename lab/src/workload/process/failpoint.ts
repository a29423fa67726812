import type { Failpoint } from '../failpoints.js';
import { report } from './driver.js';

type Stop = 'SIGKILL' | 'SIGSTOP';

let armed: { readonly failpoint: Failpoint; readonly by: Stop } | undefined;

/** Makes the process stop when it next reaches a failpoint. */
export function armFailpoint(failpoint: Failpoint, by: Stop): void {
  armed = { failpoint, by };
}

export function disarmFailpoint(): void {
  armed = undefined;
}

/** The program is at a failpoint. If it is armed, the process reports so and sends itself the signal. */
export function reach(failpoint: Failpoint): void {
  if (armed?.failpoint !== failpoint) return;
  const { by } = armed;
  armed = undefined;
  report({ report: 'stopping', failpoint });
  const stoppedAt = performance.now();
  process.kill(process.pid, by);
  // The signal may take a moment, in which no more of the program must run.
  while (performance.now() - stoppedAt < 20) {}
  report({ report: 'resumed', afterMs: performance.now() - stoppedAt });
}
