import { redis } from '@sluice/redis';
import { conformance } from '@sluice/testing/conformance';
import { mockRedis } from '@sluice/testing/mock-redis';
import { test } from 'vitest';

conformance({
  test,
  open({ clock }) {
    const client = mockRedis({ clock });
    return Object.assign(redis({ client, clock }), { client });
  },
  async corrupt({ client }, partition, key) {
    const entries = (await client.keys()).find(
      (name) => name.includes(`{${partition}-`) && name.endsWith(':entries'),
    );
    await client.hset(entries ?? '', key, '{"+views":"many"');
  },
});
