import { nodeRedis, type RedisClient } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { Redis as Valkey } from 'iovalkey';
import * as six from 'redis';
import * as five from 'redis-5';
import { afterAll, describe } from 'vitest';
import { redisConformance } from './support/conformance.js';

const server = await startRedisServer();
const admin = new Redis(server.url);
const ofNodeRedis = [
  await five.createClient({ url: server.url }).connect(),
  await six.createClient({ url: server.url }).connect(),
  await six.createClient({ url: server.url, RESP: 2 }).connect(),
] as const;
const ofIovalkey = new Valkey(server.url);
afterAll(async () => {
  admin.disconnect();
  ofIovalkey.disconnect();
  for (const client of ofNodeRedis) client.destroy();
  await server.stop();
});

describe.each<[string, RedisClient]>([
  ['redis 5', nodeRedis(ofNodeRedis[0])],
  ['redis 6', nodeRedis(ofNodeRedis[1])],
  ['redis 6 with RESP2', nodeRedis(ofNodeRedis[2])],
  ['iovalkey', ofIovalkey],
])('over %s', (_, client) => redisConformance(admin, { client }));
