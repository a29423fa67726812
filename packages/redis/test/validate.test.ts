import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';

const server = await startRedisServer();
const admin = new Redis(server.url);
const backend = redis({ url: server.url });
afterAll(async () => {
  await backend.close();
  admin.disconnect();
  await server.stop();
});

async function configured(settings: Record<string, string>): Promise<unknown> {
  const before = await Promise.all(
    Object.keys(settings).map(async (name) => (await admin.config('GET', name)) as string[]),
  );
  for (const [name, value] of Object.entries(settings)) await admin.config('SET', name, value);
  try {
    return await backend.validate();
  } finally {
    for (const [name = '', value = ''] of before) await admin.config('SET', name, value);
  }
}

test('an eviction policy that can drop what is pending is refused, with the setting to change', async () => {
  for (const policy of ['allkeys-lru', 'volatile-ttl']) {
    await expect(configured({ maxmemory: '1gb', 'maxmemory-policy': policy })).rejects.toMatchObject({
      code: 'ERR_SLUICE_UNSAFE_BACKEND',
      message: expect.stringContaining('CONFIG SET maxmemory-policy noeviction'),
    });
  }
});

test('such a policy without a limit evicts nothing: that is advice', async () => {
  expect(await configured({ 'maxmemory-policy': 'allkeys-lru' })).toMatchObject({
    advice: expect.arrayContaining([expect.stringContaining('noeviction')]),
  });
});

test('the durability follows from the persistence settings', async () => {
  expect(await configured({})).toMatchObject({ durability: 'none' });
  expect(await configured({ save: '60 1' })).toMatchObject({ durability: 'recent-loss' });
  expect(await configured({ appendonly: 'yes', appendfsync: 'everysec' })).toMatchObject({
    durability: 'recent-loss',
  });
  expect(await configured({ appendonly: 'yes', appendfsync: 'always' })).toEqual({
    durability: 'every-write',
    advice: [],
  });
});

test('a file that is not synced while it is rewritten may lose recent writes', async () => {
  const settings = { appendonly: 'yes', appendfsync: 'always', 'no-appendfsync-on-rewrite': 'yes' };
  expect(await configured(settings)).toEqual({
    durability: 'recent-loss',
    advice: [expect.stringContaining('no-appendfsync-on-rewrite no')],
  });
});

test('settings that only refuse writes, or forget none that were acknowledged, are not spoken of', async () => {
  expect(
    await configured({
      appendonly: 'yes',
      appendfsync: 'always',
      maxmemory: '1gb',
      'aof-load-truncated': 'yes',
      'stop-writes-on-bgsave-error': 'no',
      'auto-aof-rewrite-percentage': '1',
    }),
  ).toEqual({ durability: 'every-write', advice: [] });
});

test('a replica that may take over is spoken of', async () => {
  await using replica = await startRedisServer();
  const client = new Redis(replica.url);
  await client.replicaof('127.0.0.1', server.port);
  await expect.poll(async () => await admin.info('replication')).toContain('connected_slaves:1');
  expect(await configured({ appendonly: 'yes', appendfsync: 'always' })).toMatchObject({
    durability: 'every-write',
    advice: [expect.stringContaining('failover')],
  });
  await client.replicaof('NO', 'ONE');
  client.disconnect();
  await expect.poll(async () => await admin.info('replication')).toContain('connected_slaves:0');
});

test('a server that denies CONFIG in words of its own is validated', async () => {
  const client = new Redis(server.url);
  const denial = Object.assign(new Error('ERR not available on this plan'), { name: 'ReplyError' });
  client.config = (() => Promise.reject(denial)) as never;
  expect(await redis({ client }).validate()).toMatchObject({ durability: 'unknown' });
  client.disconnect();
});

test('where CONFIG is denied, the durability is unknown', async () => {
  await admin.acl('SETUSER', 'guest', 'on', '>pass', '~*', '+@all', '-config');
  const guest = redis({ url: server.url.replace('//', '//guest:pass@') });
  expect(await guest.validate()).toMatchObject({ durability: 'unknown' });
  await guest.close();
});

test('a replica is refused', async () => {
  await admin.replicaof('127.0.0.1', 1);
  await expect(backend.validate()).rejects.toMatchObject({ code: 'ERR_SLUICE_UNSAFE_BACKEND' });
  await admin.replicaof('NO', 'ONE');
});

test('a node of a cluster is refused', async () => {
  await using node = await startRedisServer({ 'cluster-enabled': 'yes' });
  const clustered = redis({ url: node.url });
  await expect(clustered.validate()).rejects.toMatchObject({ code: 'ERR_SLUICE_UNSAFE_BACKEND' });
  await clustered.close();
});
