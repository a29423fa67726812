import type { Backend, Validation } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

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

test('all that is unsafe is said at once', async () => {
  await admin.replicaof('127.0.0.1', 1);
  const refused = configured({ maxmemory: '1gb', 'maxmemory-policy': 'allkeys-lru' });
  await expect(refused).rejects.toMatchObject({
    message: expect.stringMatching(/^Redis cannot keep.*replica.*\nRedis cannot keep.*noeviction\.$/),
  });
  await admin.replicaof('NO', 'ONE');
});

test('memory that is nearly full is spoken of, and a clock that is not the one of this machine', async () => {
  const used = /used_memory:(\d+)/.exec(await admin.info('memory'))?.[1];
  const now = Date.now;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
  const { advice } = (await configured({ maxmemory: String(Math.floor(Number(used) * 1.05)) })) as Validation;
  clock.mockRestore();
  expect(advice).toContainEqual(expect.stringMatching(/9\d % of its maxmemory/));
  expect(advice).toContainEqual(expect.stringMatching(/60 s behind.*NTP\.$/));
});

test('a replica that may take over is spoken of', async () => {
  await using replica = await startRedisServer();
  const client = new Redis(replica.url);
  await admin.config('SET', 'repl-diskless-sync-delay', '0');
  await client.replicaof('127.0.0.1', server.port);
  await expect.poll(async () => await admin.info('replication')).toContain('state=online');
  expect(await configured({ appendonly: 'yes', appendfsync: 'always' })).toMatchObject({
    durability: 'every-write',
    advice: [
      expect.stringMatching(/failover.*see the option durability\.$/),
      expect.stringMatching(/Set: min-replicas-to-write 1$/),
    ],
  });
  const guarded = { appendonly: 'yes', appendfsync: 'always', 'min-replicas-to-write': '1' };
  expect(await configured(guarded)).toMatchObject({
    advice: [expect.not.stringContaining('min-replicas-to-write')],
  });
  const waiting = (replicas: number, writes: boolean) =>
    redis({ client: admin, durability: { replicas, timeoutMs: 100, writes } }).validate();
  expect((await waiting(1, true)).advice.join('\n')).not.toMatch(/failover/);
  expect((await waiting(1, false)).advice.join('\n')).toMatch(/set durability\.writes\.$/m);
  expect((await waiting(2, true)).advice.join('\n')).toMatch(
    /1 of the 2 replicas.*no increment resolves\.$/m,
  );
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
  await admin.config('SET', 'appendonly', 'yes');
  expect(await guest.validate()).toMatchObject({ durability: 'unknown' });
  await admin.config('SET', 'appendonly', 'no');
  await guest.close();
});

test('a replica is refused', async () => {
  await admin.replicaof('127.0.0.1', 1);
  await expect(backend.validate()).rejects.toMatchObject({ code: 'ERR_SLUICE_UNSAFE_BACKEND' });
  await admin.replicaof('NO', 'ONE');
});

describe('a cluster', async () => {
  const cluster = await startRedisCluster({ masters: 2 });
  const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
  const kinds: [string, Backend][] = [
    ['over connections of its own', redis({ url: cluster.url })],
    ['over a client that was borrowed', redis({ client })],
  ];
  const [first, second] = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
  const set = async (name: string, value: string, nodes = cluster.nodes): Promise<void> => {
    for (const node of nodes) await node.call('CONFIG', 'SET', name, value);
  };
  beforeEach(async () => {
    await set('appendonly', 'yes');
    await set('appendfsync', 'always');
  });
  afterAll(async () => {
    for (const [, backend] of kinds) await backend.close();
    client.disconnect();
    await cluster[Symbol.asyncDispose]();
  });

  test.each(kinds)('is looked at node by node, and advice says which it is for: %s', async (_, backend) => {
    expect(await backend.validate()).toEqual({ durability: 'every-write', advice: [] });
    await set('appendfsync', 'everysec', cluster.nodes.slice(1));
    expect(await backend.validate()).toEqual({
      durability: 'recent-loss',
      advice: [expect.stringMatching(new RegExp(`appendfsync always.* \\(${second}\\)$`))],
    });
    await set('appendonly', 'no', cluster.nodes.slice(0, 1));
    expect(await backend.validate()).toMatchObject({
      durability: 'none',
      advice: [expect.stringContaining(`(${first})`), expect.stringContaining(`(${second})`)],
    });
  });

  test.each(kinds)('that would go down with one node is advised against: %s', async (_, backend) => {
    await set('cluster-require-full-coverage', 'yes');
    const { advice } = await backend.validate();
    await set('cluster-require-full-coverage', 'no');
    expect(advice).toEqual([expect.stringMatching(/cluster-require-full-coverage no \(.* .*\)$/)]);
  });

  test.each(kinds)('a node of which drops what is pending is refused: %s', async (_, backend) => {
    await set('maxmemory-policy', 'allkeys-lru', cluster.nodes.slice(1));
    await set('maxmemory', '1gb', cluster.nodes.slice(1));
    await expect(backend.validate()).rejects.toMatchObject({
      code: 'ERR_SLUICE_UNSAFE_BACKEND',
      message: expect.stringMatching(new RegExp(`^Redis ${second} cannot keep.*noeviction`)),
    });
    await set('maxmemory', '0');
    await set('maxmemory-policy', 'noeviction');
  });

  test.each(kinds)('that lacks slots is spoken of: %s', async (_, backend) => {
    for (const node of cluster.nodes) await node.call('CLUSTER', 'DELSLOTS', 3);
    const { advice } = await backend.validate();
    await cluster.nodes[0]?.call('CLUSTER', 'ADDSLOTS', 3);
    await cluster.settled();
    expect(advice).toContainEqual(expect.stringContaining('16383 of 16384 slots'));
  });

  test('is refused where it is taken for one server', async () => {
    const node = redis({ url: `redis://${first}` });
    await expect(node.validate()).rejects.toMatchObject({
      code: 'ERR_SLUICE_UNSAFE_BACKEND',
      message: expect.stringContaining('redis+cluster:// URL'),
    });
    await node.close();
  });
});
