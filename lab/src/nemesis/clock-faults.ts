import type { Random } from '@sluice/core';
import { integer } from '../random.js';
import type { ProcessPool } from '../workload/process-pool.js';
import type { Role } from '../workload/workload-process.js';
import { PATIENCE_MS, type System } from './system.js';

const MAX_JUMP_MS = 48 * 3_600_000;

export function clockFaults({ processes }: System) {
  return {
    'clock of a worker jumped': (random: Random) => jump(processes, 'worker', random),
    'clock of a producer jumped': (random: Random) => jump(processes, 'producer', random),
  };
}

function jump(processes: ProcessPool, role: Role, random: Random): Promise<boolean> {
  const direction = random() < 0.5 ? -1 : 1;
  // From a moment to two days.
  const ms = Math.round(direction * MAX_JUMP_MS * 10 ** -integer(random, 6));
  return processes.borrow(role, random, async (process) => {
    const jumped = process.nextReport('clock jumped', PATIENCE_MS);
    process.send({ command: 'jump clock', ms });
    return (await jumped) !== undefined;
  });
}
