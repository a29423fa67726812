import { createBuffer } from '@sluice/core';
import { erase, inspect, redis, type Task } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { usersIn, wordsOf } from './support/acl.js';

const SOUND = { appendonly: 'yes', appendfsync: 'always' };

const server = await startRedisServer(SOUND);
const admin = new Redis(server.url);
const cluster = await startRedisCluster({ masters: 2 });
for (const node of cluster.nodes) {
  for (const [name, value] of Object.entries(SOUND)) await node.call('CONFIG', 'SET', name, value);
}
afterAll(async () => {
  admin.disconnect();
  await server.stop();
  await cluster[Symbol.asyncDispose]();
});

const kinds: [string, string][] = [
  ['a server', server.url],
  ['a cluster', cluster.url],
];

/** Counts as a service with this prefix. */
async function count(url: string, prefix: string): Promise<void> {
  await using buffer = createBuffer({ backend: redis({ url, prefix }), partitions: 20 });
  await Promise.all(Array.from({ length: 100 }, (_, id) => buffer.incr('Page', { views: 1 }, { id })));
}

async function pendingOf(url: string, prefix: string): Promise<number> {
  await using buffer = createBuffer({ backend: redis({ url, prefix }) });
  return (await buffer.stats()).pending;
}

describe.each(kinds)('%s', (_, url) => {
  test('that is sound is found so, and not changed', async () => {
    await count(url, 'sound');
    const sound = {
      durability: 'every-write',
      versions: [expect.stringMatching(/^\d/)],
      findings: [],
      unchecked: [],
    };
    expect(await inspect({ url, prefix: 'sound' })).toEqual(sound);
    expect(await pendingOf(url, 'sound')).toBe(100);
  });

  test('is rid of one prefix, and of nothing else', async () => {
    for (const prefix of ['mine', 'other']) await count(url, prefix);
    await erase({ url, prefix: 'mine' });
    await erase({ url, prefix: 'mine' });
    const nodes = url === cluster.url ? cluster.nodes : [admin];
    const keys = await Promise.all(nodes.map((node) => node.call('KEYS', 'mine*')));
    expect(keys.flat()).toEqual([]);
    expect(await pendingOf(url, 'other')).toBe(100);
  });
});

test('rights are those of each node, and a finding names the nodes', async () => {
  const [first, second] = cluster.nodes;
  for (const [node, rule] of [
    [first, '+@all'],
    [second, '-ltrim'],
  ] as const)
    await node?.call('ACL', 'SETUSER', 'worker', 'on', '>pass', '~*', '+@all', rule);
  const url = cluster.url.replace('//', '//worker:pass@');
  expect(await inspect({ url })).toMatchObject({
    findings: [{ topic: 'rights', isUnsafe: false, servers: [`127.0.0.1:${second?.port}`] }],
  });
  expect(await inspect({ url }, ['count'])).toMatchObject({ findings: [] });
});

// Their rights are given key by key.
test.each<[string, Task[]]>([
  ['sluice-producer', ['count', 'read']],
  ['sluice-worker', ['apply', 'read']],
  ['sluice-operator', ['operate', 'read']],
])('%s of docs/security.md has the rights for its tasks, and no others', async (user, tasks) => {
  const rules = wordsOf(usersIn('security.md').get(user) ?? []);
  await admin.acl('SETUSER', user, ...rules, '>pass');
  const url = server.url.replace('//', `//${user}:pass@`);
  for (const task of ['count', 'read', 'apply', 'operate'] as const) {
    const { findings } = await inspect({ url }, [task]);
    expect([task, findings.map(({ topic }) => topic)]).toEqual([
      task,
      tasks.includes(task) ? [] : ['rights'],
    ]);
  }
});

test('a user that may not ask for types is not told of keys, but of all else', async () => {
  await admin.call('ACL', 'SETUSER', 'guest', 'on', '>pass', '~*', '+@all', '-type');
  const url = server.url.replace('//', '//guest:pass@');
  expect(await inspect({ url })).toMatchObject({ findings: [], unchecked: ['keys'] });
});

test('a server before Redis 7, which cannot say what a user may do, is looked at all the same', async () => {
  const client = new Redis(server.url);
  const run = client.eval.bind(client);
  client.eval = ((source: string, ...words: [number]) =>
    run(source.replaceAll('redis.acl_check_cmd', 'redis.not_there'), ...words)) as never;
  expect(await inspect({ client })).toMatchObject({ findings: [], unchecked: ['rights'] });
  client.disconnect();
});
