import type { Random } from '@sluice/core';
import type { Redis } from 'ioredis';
import { poll } from '../poll.js';
import { pick } from '../random.js';
import type { Servers } from '../servers/servers.js';
import { forgetRecords } from './records.js';
import { restoreSnapshot } from './snapshot.js';
import type { System } from './system.js';
import { wipe } from './wipe.js';

export function redisFaults(system: System) {
  const { redis, servers } = system;
  return {
    'records of producers forgotten': () => forgetRecords(system),
    'Redis killed (kill -9), restarted': () => restart(servers),
    'Redis restored from a snapshot': () => restoreSnapshot(system),
    'Redis wiped (FLUSHALL)': () => wipe(system),
    'Redis full (maxmemory)': () => fill(redis),
    'scripts flushed (SCRIPT FLUSH)': () => flushScripts(redis),
    'rights withdrawn (ACL SETUSER)': (random: Random) => withdrawRight(redis, random),
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

/** What the scripts write with. */
const WRITE_COMMANDS = ['hset', 'hdel', 'hincrby', 'rpush', 'ltrim', 'del', 'set', 'sadd', 'zadd'];

/** Takes one command away from the user as whom all connect, until that has stopped someone; then gives it back. */
async function withdrawRight(redis: Redis, random: Random): Promise<boolean> {
  const before = await errorCount(redis, 'NOPERM');
  await redis.call('ACL', 'SETUSER', 'default', `-${pick(random, WRITE_COMMANDS)}`);
  try {
    return await poll(async () => (await errorCount(redis, 'NOPERM')) > before, { everyMs: 20, tries: 25 });
  } finally {
    await redis.call('ACL', 'SETUSER', 'default', '+@all').catch(() => {});
  }
}
