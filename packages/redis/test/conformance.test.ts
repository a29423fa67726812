import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { conformance } from '@sluice/testing/conformance';
import { Redis } from 'ioredis';
import { afterAll, test } from 'vitest';

const server = await startRedisServer();
const client = new Redis(server.url);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

let tests = 0;
conformance({
  test,
  open: ({ clock }) => redis({ client, clock, prefix: `test-${++tests}` }),
  corrupt: async (_, partition, key) => {
    const [entries = ''] = await client.keys(`test-${tests}:{${partition}-*}:entries`);
    await client.hset(entries, key, '{"+views":"many"');
  },
});
