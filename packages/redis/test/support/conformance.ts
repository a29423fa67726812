import { conformance } from '@sluice/testing/conformance';
import { Cluster, type Redis } from 'ioredis';
import { test } from 'vitest';
import { type RedisClient, redis } from '../../src/index.js';

/** How the backend reaches the servers. */
type Source = { readonly client: RedisClient } | { readonly url: string };

/** What a backend promises. `admin` reaches the same servers, and is used by default. */
export function redisConformance(admin: Redis | Cluster, source: Source = { client: admin }): void {
  const run = crypto.randomUUID();
  let tests = 0;
  const keysOf = async (pattern = '*'): Promise<string[]> => {
    const nodes = admin instanceof Cluster ? admin.nodes('master') : [admin];
    return (await Promise.all(nodes.map((node) => node.keys(`${run}-${tests}:${pattern}`)))).flat();
  };
  conformance({
    test,
    open: ({ clock }) => redis({ ...source, clock, prefix: `${run}-${++tests}` }),
    corrupt: async (_, partition, key) => {
      const [entries = ''] = await keysOf(`{${partition}-*}:entries`);
      await admin.hset(entries, key, '{"+views":"many"');
    },
    copy: async () => {
      const keys = await keysOf();
      const copies = await Promise.all(keys.map(async (key) => [key, await admin.dumpBuffer(key)] as const));
      return async () => {
        for (const key of await keysOf()) await admin.del(key);
        for (const [key, copy] of copies) await admin.restore(key, 0, copy as Buffer);
      };
    },
  });
}
