import type { Order, Point } from '../points.js';
import { tell } from './link.js';

type StopAt = Extract<Order, { order: 'stop at' }>;

let armed: StopAt | undefined;

/** Makes the process stop when it next passes a point; `undefined`: not any more. */
export function stopAt(order: StopAt | undefined): void {
  armed = order;
}

/** The program passes a point. If it is to stop here, it says so and then sends itself the signal. */
export function pass(point: Point): void {
  if (armed?.point !== point) return;
  const { by } = armed;
  armed = undefined;
  tell({ note: 'at', point });
  const stoppedAt = performance.now();
  process.kill(process.pid, by);
  // The signal may take a moment; nothing of the program may run in it.
  while (performance.now() - stoppedAt < 20) {}
  tell({ note: 'resumed', afterMs: performance.now() - stoppedAt });
}
