import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { poll } from '../poll.js';
import { applied } from './records.js';
import type { System } from './system.js';

/** As long as a call that was under way may take. */
const CALM_MS = 100;
/** In which every producer writes to every partition, and sends again what is missing there. */
const REPAIR_MS = 1000;
/** So short that the producers still have all that they write meanwhile. */
const LATER_MS = 300;

/**
 * Puts the data back as it was a moment ago. The workers are stopped meanwhile: what is drained after a snapshot was taken
 * is applied twice. The producers have to send again what the data has lost.
 */
export async function restoreSnapshot({ processes, servers, redis, folder }: System): Promise<boolean> {
  // A partition that is not in the snapshot would begin anew.
  if ((await redis.keys('sluice:{*}:state')).length < processes.options.partitions) return false;
  return processes.pause('worker', async () => {
    await sleep(CALM_MS);
    const data = join(await dataFolder(redis), 'appendonlydir');
    const snapshot = join(folder, 'snapshot');
    await withoutRewrites(redis, () => cp(data, snapshot, { recursive: true }));
    const before = await applied(redis);
    await sleep(LATER_MS);
    const latest = await applied(redis);
    await servers.request('kill redis');
    try {
      await rm(data, { recursive: true });
      await cp(snapshot, data, { recursive: true });
    } finally {
      await rm(snapshot, { recursive: true });
      await servers.request('start redis');
    }
    await sleep(REPAIR_MS);
    return latest > before;
  });
}

async function dataFolder(redis: Redis): Promise<string> {
  const [, folder] = (await redis.config('GET', 'dir')) as [string, string];
  return folder;
}

/** A rewrite of the log replaces the files that are being copied. */
async function withoutRewrites(redis: Redis, copy: () => Promise<void>): Promise<void> {
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
  await poll(async () => /aof_rewrite_in_progress:0/.test(await redis.info('persistence')), {
    everyMs: 10,
    tries: 300,
  });
  await copy();
}
