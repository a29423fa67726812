import type { Command } from '../messages.js';
import { report } from './driver.js';
import { armFailpoint, disarmFailpoint } from './failpoint.js';
import type { JumpingClock } from './jumping-clock.js';

/** Obeys the driver. A process whose driver is gone ends at once. */
export function obeyDriver(clock: JumpingClock, finish: () => Promise<void>): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (command: Command) => {
    switch (command.command) {
      case 'stop at':
        return armFailpoint(command.failpoint, command.by);
      case 'continue':
        return disarmFailpoint();
      case 'jump clock':
        clock.jump(command.ms);
        return report({ report: 'clock jumped' });
      case 'finish':
        return void finish().then(() => process.exit(0));
    }
  });
}
