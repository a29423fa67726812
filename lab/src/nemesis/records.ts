import { randomUUID } from 'node:crypto';
import type { Backend } from '@sluice/core';
import { redis as redisBackend } from '@sluice/redis';
import type { Redis } from 'ioredis';
import type { System } from './system.js';

const AT_ONCE = 200;
const MOST = 50_000;

/**
 * Lets producers by the thousand come and go, until Redis has removed the records of all that have not written since this
 * began, in every partition.
 */
export async function forgetRecords({ redis, servers, processes }: System): Promise<boolean> {
  const backend = redisBackend({ url: `redis://127.0.0.1:${servers.addresses.redisPort}` });
  const { partitions } = processes.options;
  try {
    const all = Array.from({ length: partitions }, (_, partition) =>
      forget(redis, backend, partition, partitions),
    );
    return (await Promise.all(all)).every(Boolean);
  } finally {
    await backend.close();
  }
}

async function forget(
  redis: Redis,
  backend: Backend,
  partition: number,
  partitions: number,
): Promise<boolean> {
  const { position } = await backend.join(partition, partitions);
  for (let passed = 0; passed < MOST; passed += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => passBy(backend, partition, partitions)));
    if ((await floorOf(redis, partition)) > position) return true;
  }
  return false;
}

/** A producer that writes once, nothing, and is gone. */
async function passBy(backend: Backend, partition: number, partitions: number): Promise<void> {
  const position = await backend.join(partition, partitions);
  await backend.add({
    ...position,
    partition,
    producer: `passing-${randomUUID()}`,
    number: 1,
    follows: 0,
    nonce: randomUUID(),
    entries: [],
  });
}

/** Records below this position may have been removed. */
async function floorOf(redis: Redis, partition: number): Promise<number> {
  const states = await redis.keys(`sluice:{${partition}*}:state`);
  const key = states.find((name) => new RegExp(`\\{${partition}(-\\d+)?\\}`).test(name));
  return key === undefined ? 0 : Number(await redis.hget(key, 'floor'));
}

/** How many writes Redis has applied, over all partitions. */
export async function applied(redis: Redis): Promise<number> {
  const states = await redis.keys('sluice:{*}:state');
  const counts = await Promise.all(states.map((key) => redis.hget(key, 'applied')));
  return counts.reduce((sum, count) => sum + Number(count), 0);
}
