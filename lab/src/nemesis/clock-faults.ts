import type { Random } from '@sluice/core';
import type { Redis } from 'ioredis';
import { poll } from '../poll.js';
import { integer } from '../random.js';
import { moveClock } from '../servers/clock.js';
import type { ProcessPool } from '../workload/process-pool.js';
import type { Role } from '../workload/workload-process.js';
import { PATIENCE_MS, type System } from './system.js';

const MAX_JUMP_MS = 48 * 3_600_000;
/** Less than the least jump; the seconds of Redis are whole ones. */
const NEAR_MS = 1200;

export function clockFaults({ processes, redis, folder }: System) {
  return {
    'clock of a worker jumped': (random: Random) => jump(processes, 'worker', random),
    'clock of a producer jumped': (random: Random) => jump(processes, 'producer', random),
    'clock of Redis moved': (random: Random) => move(redis, folder, random),
  };
}

function jump(processes: ProcessPool, role: Role, random: Random): Promise<boolean> {
  const ms = drawJump(random);
  return processes.borrow(role, random, async (process) => {
    const jumped = process.nextReport('clock jumped', PATIENCE_MS);
    process.send({ command: 'jump clock', ms });
    return (await jumped) !== undefined;
  });
}

/** Sets the server's clock, ahead or back, while it runs. */
async function move(redis: Redis, folder: string, random: Random): Promise<boolean> {
  const offsetMs = drawJump(random);
  await moveClock(folder, offsetMs);
  const isMoved = async (): Promise<boolean> =>
    Math.abs((await timeOf(redis)) - Date.now() - offsetMs) < NEAR_MS;
  return poll(isMoved, { everyMs: 20, tries: 50 });
}

async function timeOf(redis: Redis): Promise<number> {
  const [seconds] = await redis.time();
  return 1000 * Number(seconds);
}

/** From a moment to two days, ahead or back. */
function drawJump(random: Random): number {
  const direction = random() < 0.5 ? -1 : 1;
  return Math.round(direction * MAX_JUMP_MS * 10 ** -integer(random, 6));
}
