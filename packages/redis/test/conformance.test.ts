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
  copy: async () => {
    const keysOf = (): Promise<string[]> => client.keys(`test-${tests}:*`);
    const copies = await Promise.all(
      (await keysOf()).map(async (key) => [key, await client.dumpBuffer(key)] as const),
    );
    return async () => {
      await client.del('none', ...(await keysOf()));
      for (const [key, copy] of copies) await client.restore(key, 0, copy as Buffer);
    };
  },
});
