import type { RedisSentinels } from '@sluice/test-servers';
import { poll } from '../poll.js';
import { inTurn } from './in-turn.js';
import { haveAll, progressOf } from './progress.js';
import { type Injection, type System, sentinelsOf } from './system.js';

/** Writes that an old master takes at least before it learns that it is one. */
const WRITES_TAKEN = 20;

/** Faults of Redis under sentinels, one at a time. */
export function sentinelFaults(system: System) {
  const turn = inTurn();
  const alone = (fault: (sentinels: RedisSentinels) => Promise<boolean>): Injection => {
    return () =>
      turn(async () => {
        const sentinels = sentinelsOf(system);
        await sentinels.settled();
        if (!(await haveAll(sentinels.servers, 3, system.processes.options.partitions))) return false;
        return fault(sentinels);
      });
  };
  return {
    'failover by a sentinel': alone(failOver),
    'master under sentinels killed, a replica promoted': alone(killMaster),
    'old master kept alive, and written to': alone(hideMaster),
  };
}

async function failOver(sentinels: RedisSentinels): Promise<boolean> {
  const old = await sentinels.master();
  await sentinels.failOver();
  await sentinels.settled();
  return (await sentinels.master()) !== old;
}

async function killMaster(sentinels: RedisSentinels): Promise<boolean> {
  const old = await sentinels.master();
  await old.kill();
  try {
    return await poll(async () => (await sentinels.master()) !== old, { everyMs: 50, tries: 400 });
  } finally {
    await old.start();
    await sentinels.settled();
  }
}

/** Some producers have a client that stays with its server as long as that lives. What this one takes is nowhere else. */
async function hideMaster(sentinels: RedisSentinels): Promise<boolean> {
  const old = await sentinels.hideMaster();
  try {
    const writes = async (): Promise<number> =>
      [...(await progressOf(old)).values()].reduce((sum, progress) => sum + progress.writes, 0);
    const before = await writes();
    return await poll(async () => (await writes()) >= before + WRITES_TAKEN, { everyMs: 20, tries: 250 });
  } finally {
    await sentinels.show(old);
    await sentinels.settled();
  }
}
