import type { Redis } from 'ioredis';
import { poll } from '../poll.js';
import type { Servers } from '../servers/servers.js';
import type { System } from './system.js';

export function redisFaults({ redis, servers }: System) {
  return {
    'Redis killed (kill -9), restarted': () => restart(servers),
    'Redis full (maxmemory)': () => fill(redis),
    'scripts flushed (SCRIPT FLUSH)': () => flushScripts(redis),
  };
}

async function restart(servers: Servers): Promise<boolean> {
  await servers.request('kill redis');
  await servers.request('start redis');
  return true;
}

/** Sets `maxmemory` below what is in use, until Redis has refused a command for it. */
async function fill(redis: Redis): Promise<boolean> {
  const before = await errorCount(redis, 'OOM');
  await redis.config('SET', 'maxmemory', '1');
  try {
    return await poll(async () => (await errorCount(redis, 'OOM')) > before, { everyMs: 20, tries: 50 });
  } finally {
    await redis.config('SET', 'maxmemory', '0').catch(() => {});
  }
}

async function flushScripts(redis: Redis): Promise<boolean> {
  const before = await errorCount(redis, 'NOSCRIPT');
  await redis.script('FLUSH');
  return poll(async () => (await errorCount(redis, 'NOSCRIPT')) > before, { everyMs: 20, tries: 50 });
}

/** The number of errors of a kind that Redis has returned since it started. */
async function errorCount(redis: Redis, kind: string): Promise<number> {
  const stats = await redis.info('errorstats');
  return Number(new RegExp(`errorstat_${kind}:count=(\\d+)`).exec(stats)?.[1] ?? 0);
}
