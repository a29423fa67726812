import type { Order } from '../points.js';
import type { JumpingClock } from './jumping-clock.js';
import { tell } from './link.js';
import { stopAt } from './stops.js';

/** Does what the driver says. A child whose driver is gone ends at once. */
export function obeyDriver(clock: JumpingClock, finish: () => Promise<void>): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (order: Order) => {
    if (order.order === 'finish') void finish().then(() => process.exit(0));
    else if (order.order === 'jump') jump(order.ms);
    else stopAt(order.order === 'stop at' ? order : undefined);
  });

  function jump(ms: number): void {
    clock.jump(ms);
    tell({ note: 'jumped' });
  }
}
