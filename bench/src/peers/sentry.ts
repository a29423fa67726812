import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Redis } from 'ioredis';
import type { Counter, Drain } from '../counter.js';
import { inFlight } from '../in-flight.js';

/*
 * Repeats the commands of Sentry's buffer (src/sentry/buffer/redis.py), in its mode for Redis Cluster, where values
 * are JSON:
 *
 *   incr             MULTI, HSETNX m, HSETNX f, HINCRBY i+column, EXPIRE 1 h, ZADD pending, EXEC
 *   process_pending  SET lock NX EX 60, ZRANGE pending 0 -1, ZREM pending of all, DEL lock; a task for every few keys
 *   process          SET lock NX EX 10, a pipeline of HGETALL, ZREM, DEL, then the update, then DEL lock
 *
 * The tasks are calls here. Sentry sends them through a queue, which costs more.
 */

const PARTITIONS = 8;
const KEY_EXPIRE = 60 * 60;
const MODEL = 'bench.models.Page';

/** More are slower: each call is seven commands, and Redis is busy. */
const IN_FLIGHT = 100;

export async function openSentry(port: number): Promise<Counter> {
  const client = await connect(port);
  const count = (path: string): Promise<void> => incr(client, { views: 1 }, { path });
  return {
    count: (paths) => inFlight(IN_FLIGHT, paths, count),
    [Symbol.asyncDispose]: async () => void (await client.quit()),
  };
}

export async function openSentryDrain(port: number): Promise<Drain> {
  const client = await connect(port);
  return {
    async drain() {
      let drained = 0;
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const keys = await takePending(client, pendingKey(partition));
        await inFlight(IN_FLIGHT, keys, (key) => processKey(client, key));
        drained += keys.length;
      }
      return drained;
    },
    [Symbol.asyncDispose]: async () => void (await client.quit()),
  };
}

async function connect(port: number): Promise<Redis> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true });
  await client.connect();
  return client;
}

async function incr(
  client: Redis,
  columns: Record<string, number>,
  filters: Record<string, string>,
): Promise<void> {
  const key = keyOf(filters);
  const pipe = client.multi();
  pipe.hsetnx(key, 'm', MODEL);
  pipe.hsetnx(key, 'f', JSON.stringify(dumpValues(filters)));
  for (const [column, amount] of Object.entries(columns)) pipe.hincrby(key, `i+${column}`, amount);
  pipe.expire(key, KEY_EXPIRE);
  pipe.zadd(pendingKeyOf(key), String(Date.now() / 1000), key);
  await replies(pipe);
}

async function takePending(client: Redis, pending: string): Promise<string[]> {
  const lock = `l:${pending}`;
  if ((await client.set(lock, '1', 'EX', 60, 'NX')) === null) return [];
  try {
    const keys = await client.zrange(pending, '0', '-1');
    if (keys.length > 0) await client.zrem(pending, ...keys);
    return keys;
  } finally {
    await client.del(lock);
  }
}

async function processKey(client: Redis, key: string): Promise<void> {
  const lock = `l:${key}`;
  if ((await client.set(lock, '1', 'EX', 10, 'NX')) === null) return;
  try {
    const pipe = client.pipeline();
    pipe.hgetall(key);
    pipe.zrem(pendingKeyOf(key), key);
    pipe.del(key);
    const [values] = await replies(pipe);
    await apply(values as Record<string, string>);
  } finally {
    await client.del(lock);
  }
}

/** Reads the hash, as Sentry does before the update; the sink is empty. */
async function apply({ m, f, ...others }: Record<string, string>): Promise<void> {
  if (m === undefined || f === undefined) return;
  loadValues(JSON.parse(f));
  for (const [name, value] of Object.entries(others)) if (name.startsWith('i+')) Number(value);
}

async function replies(pipe: ReturnType<Redis['pipeline']>): Promise<unknown[]> {
  const results = await pipe.exec();
  if (results === null) throw new Error('Redis discarded the transaction.');
  return results.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

function dumpValues(values: Record<string, string>): Record<string, [type: string, value: string]> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, ['s', value]]));
}

function loadValues(dumped: Record<string, [type: string, value: string]>): Record<string, string> {
  return Object.fromEntries(Object.entries(dumped).map(([name, [, value]]) => [name, value]));
}

function keyOf(filters: Record<string, string>): string {
  const sorted = Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = sorted.map(([name, value]) => `${name}=b'${value}'`).join('&');
  return `b:k:bench.page:${createHash('md5').update(text).digest('hex')}`;
}

function pendingKeyOf(key: string): string {
  return pendingKey(crc32(key) % PARTITIONS);
}

function pendingKey(partition: number): string {
  return `b:p:${partition}`;
}
