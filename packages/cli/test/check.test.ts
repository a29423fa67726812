import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './support/cli.js';
import { startRewritingProxy } from './support/rewriting-proxy.js';

interface Line {
  readonly topic: string;
  readonly status: string;
  readonly text: string;
  readonly remedy: string;
}

const SOUND = { appendonly: 'yes', appendfsync: 'always' };

let server: RedisServer;
let admin: Redis;
beforeAll(async () => {
  server = await startRedisServer(SOUND);
  admin = new Redis(server.url);
  const buffer = createBuffer({ backend: redis({ url: server.url }), partitions: 2 });
  await buffer.incr('Page', { views: 1 }, { path: '/docs' });
  await buffer.close();
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

async function check(url: string, ...args: string[]): Promise<{ code: number; wrong: Line[] }> {
  const { code, json } = await cli(['check', '--json', '--url', url, ...args]);
  return { code, wrong: (json() as Line[]).filter(({ status }) => status !== 'ok') };
}

test('a server that is set well passes', async () => {
  expect(await check(server.url)).toEqual({ code: 0, wrong: [] });
  const { out } = await cli(['check', '--url', server.url]);
  expect(out).toMatch(/^✓ version +The server is new enough: 7\.0/);
  expect(out.trim().split('\n')).toHaveLength(11);
});

const settings: [string, Record<string, string>, Partial<Line>][] = [
  [
    'evicts any key',
    { maxmemory: '1gb', 'maxmemory-policy': 'allkeys-lru' },
    unsafe('eviction', 'maxmemory-policy noeviction'),
  ],
  [
    'evicts keys that expire',
    { maxmemory: '1gb', 'maxmemory-policy': 'volatile-ttl' },
    unsafe('eviction', 'maxmemory-policy noeviction'),
  ],
  [
    'would evict if it had a limit',
    { 'maxmemory-policy': 'allkeys-random' },
    advice('eviction', 'maxmemory-policy noeviction'),
  ],
  ['is nearly full', { maxmemory: 'nearly' }, advice('memory', 'raise maxmemory')],
  [
    'is full',
    { maxmemory: '1mb' },
    { ...advice('memory', 'raise maxmemory'), text: expect.stringContaining('has used up') },
  ],
  ['saves nothing', { appendonly: 'no' }, advice('persistence', 'appendonly yes')],
  ['saves snapshots only', { appendonly: 'no', save: '60 1' }, advice('persistence', 'appendonly yes')],
  ['syncs its file once a second', { appendfsync: 'everysec' }, advice('persistence', 'appendfsync always')],
  [
    'syncs its file when the system likes',
    { appendfsync: 'no' },
    advice('persistence', 'appendfsync always'),
  ],
  [
    'does not sync while it rewrites',
    { 'no-appendfsync-on-rewrite': 'yes' },
    advice('persistence', 'no-appendfsync-on-rewrite no'),
  ],
  [
    'refuses writes, for want of replicas',
    { 'min-replicas-to-write': '1' },
    advice('replicas', 'INFO replication'),
  ],
];

function unsafe(topic: string, remedy: string): Partial<Line> {
  return { topic, status: 'unsafe', remedy: expect.stringContaining(remedy) as string };
}

function advice(topic: string, remedy: string): Partial<Line> {
  return { ...unsafe(topic, remedy), status: 'advice' };
}

describe('a server is found that', () => {
  test.each(settings)('%s', async (_, wrong, line) => {
    const restore = await configure(wrong);
    const found = await check(server.url);
    await restore();
    expect(found).toMatchObject({ code: 1, wrong: [line] });
  });

  test('could not write its snapshot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
    await using full = await startRedisServer({ save: '3600 1', 'enable-protected-configs': 'local' });
    const client = new Redis(full.url);
    await client.config('SET', 'dir', folder);
    await rm(folder, { recursive: true });
    await client.bgsave();
    await expect.poll(() => client.info('persistence')).toContain('rdb_last_bgsave_status:err');
    const { wrong } = await check(full.url);
    client.disconnect();
    expect(wrong).toContainEqual(
      expect.objectContaining({ topic: 'persistence', remedy: expect.stringContaining('log') }),
    );
  });

  test('is a replica', async () => {
    await admin.replicaof('127.0.0.1', 1);
    const found = await check(server.url, '--for', 'read');
    await admin.replicaof('NO', 'ONE');
    expect(found).toMatchObject({ code: 1, wrong: [unsafe('role', 'Connect to its master')] });
  });

  test('may fail over to a replica that lacks writes', async () => {
    await using replica = await startRedisServer();
    const client = new Redis(replica.url);
    await client.replicaof('127.0.0.1', server.port);
    await expect.poll(() => admin.info('replication')).toContain('connected_slaves:1');
    const { wrong } = await check(server.url);
    await client.replicaof('NO', 'ONE');
    client.disconnect();
    await expect.poll(() => admin.info('replication')).toContain('connected_slaves:0');
    expect(wrong).toMatchObject([
      advice('replicas', 'durability'),
      advice('replicas', 'min-replicas-to-write 1'),
    ]);
  });

  test('is fine with replicas, as durable as the services are said to be', async () => {
    await admin.config('SET', 'repl-diskless-sync-delay', 0);
    await using replica = await startRedisServer();
    const client = new Redis(replica.url);
    await client.replicaof('127.0.0.1', server.port);
    await admin.config('SET', 'min-replicas-to-write', 1);
    await expect
      .poll(() => admin.info('replication'), { timeout: 10_000 })
      .toMatch(/state=online,.*lag=[01]/);
    const found = await Promise.all([
      check(server.url, '--replicas', '1', '--replicated-writes'),
      check(server.url, '--replicas', '1'),
      check(server.url, '--replicas', '2', '--replicated-writes'),
      check(server.url, '--replicated-writes'),
    ]);
    await admin.config('SET', 'min-replicas-to-write', 0);
    await client.replicaof('NO', 'ONE');
    client.disconnect();
    await expect.poll(() => admin.info('replication')).toContain('connected_slaves:0');
    expect(found).toMatchObject([
      { code: 0, wrong: [] },
      { code: 1, wrong: [advice('replicas', 'durability.writes')] },
      { code: 1, wrong: [{ text: expect.stringContaining('has 1 of the 2 replicas') }] },
      { code: 2, wrong: [] },
    ]);
  });

  test('is too old', async () => {
    const old = (text: string): string => text.replace('redis_version:7.', 'redis_version:5.');
    await using proxy = await startRewritingProxy(server.port, old);
    expect(await check(at(proxy.port))).toMatchObject({
      code: 1,
      wrong: [unsafe('version', '6.2 or later')],
    });
  });

  test.each([
    ['ahead', 3600e6],
    ['behind', -3600e6],
  ])('has a clock that is an hour %s', async (word, micros) => {
    const shifted = (text: string): string =>
      text.replace(/(?<=server_time_usec:)\d+/, (time) => String(Number(time) + micros));
    await using proxy = await startRewritingProxy(server.port, shifted);
    const { code, wrong } = await check(at(proxy.port));
    expect({ code, wrong }).toMatchObject({ code: 1, wrong: [advice('clock', 'NTP')] });
    expect(wrong[0]?.text).toContain(`3600 s ${word}`);
  });

  test('does not show its settings', async () => {
    const url = await userWith('+@all', '-config');
    expect(await check(url)).toMatchObject({
      code: 1,
      wrong: [{ topic: 'persistence', text: expect.stringContaining('CONFIG GET is refused') }],
    });
  });

  test('is not there', async () => {
    expect(await check(at(1))).toMatchObject({
      code: 1,
      wrong: [{ topic: 'connection', text: expect.stringContaining('Check that the server runs') }],
    });
  });

  test('is not a Redis', async () => {
    const http = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await expect.poll(() => http.listening).toBe(true);
    const found = await check(at((http.address() as AddressInfo).port));
    http.closeAllConnections();
    http.close();
    expect(found).toMatchObject({
      code: 1,
      wrong: [{ topic: 'connection', text: expect.stringContaining('not a Redis server') }],
    });
  });

  test('wants another password', async () => {
    await userWith('+@all');
    expect(await check(at(server.port, 'limited:wrong'))).toMatchObject({
      code: 1,
      wrong: [{ topic: 'connection', text: expect.stringContaining('Check the username and password') }],
    });
  });

  test('has its commands under other names', async () => {
    await using renamed = await startRedisServer({ ...SOUND, 'rename-command EVALSHA': 'OTHER' });
    const { code, wrong } = await check(renamed.url);
    expect(code).toBe(1);
    expect(wrong.map(({ text }) => text).join()).toContain('EVALSHA');
  });

  test('is a node of a cluster, which is set to go down as a whole, and lacks a slot', async () => {
    await using cluster = await startRedisCluster({ masters: 2 });
    const [node] = cluster.nodes;
    expect((await check(at(node?.port ?? 0), '--for', 'read')).wrong).toContainEqual(
      expect.objectContaining({ topic: 'role', remedy: expect.stringContaining('redis+cluster://') }),
    );
    for (const each of cluster.nodes) {
      await each.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
      await each.call('CLUSTER', 'DELSLOTS', 3);
    }
    const { wrong } = await check(cluster.url, '--for', 'read');
    const found = wrong.filter(({ topic }) => topic === 'cluster');
    expect(found).toEqual([
      expect.objectContaining({ text: expect.stringContaining('16383 of 16384 slots') }),
      expect.objectContaining({ remedy: expect.stringContaining('cluster-require-full-coverage no') }),
    ]);
  });
});

describe('a key is found that another program uses', () => {
  const keys = ['entries', 'pending', 'batch', 'dead', 'dead-order', 'state'].map(
    (name) => `sluice:{0-113}:${name}`,
  );
  test.each([...keys, 'sluice:{0-113}:partition-counts'])('%s', async (key) => {
    await admin.rename(key, 'kept').catch(() => {});
    await admin.set(key, 'mine');
    const found = await check(server.url);
    await admin.del(key);
    await admin.rename('kept', key).catch(() => {});
    expect(found).toMatchObject({ code: 1, wrong: [unsafe('keys', 'another prefix')] });
    expect(found.wrong[0]?.text).toContain(`${key} is a string`);
  });

  test('or has changed: a batch without an id', async () => {
    await admin.hset('sluice:{0-113}:batch', 'size', 'many');
    const found = await check(server.url);
    await admin.del('sluice:{0-113}:batch');
    expect(found).toMatchObject({
      code: 1,
      wrong: [{ topic: 'data', text: expect.stringContaining('sluice:{0-113}:batch') }],
    });
  });
});

describe('a right is found that the user lacks:', () => {
  const commands = [
    'del',
    'eval',
    'evalsha',
    'exists',
    'hdel',
    'hget',
    'hlen',
    'hmget',
    'hscan',
    'hset',
    'lindex',
    'llen',
  ];
  const others = [
    'lrange',
    'lset',
    'ltrim',
    'rpush',
    'sadd',
    'smembers',
    'time',
    'zadd',
    'zcard',
    'zrange',
    'zrem',
  ];
  test.each([...commands, ...others])('%s', async (command) => {
    const { code, wrong } = await check(await userWith('+@all', `-${command}`));
    expect(code).toBe(1);
    const named = wrong
      .filter(({ topic }) => topic === 'rights')
      .map(({ remedy }) => remedy)
      .join('\n');
    expect(named).toMatch(new RegExp(`\\+${command}( |$)`, 'm'));
  });

  test('the keys', async () => {
    const { wrong } = await check(await userWith('+@all', 'resetkeys', '~other:*'));
    expect(wrong).toContainEqual(
      expect.objectContaining({ topic: 'rights', text: expect.stringContaining('may not touch') }),
    );
  });

  test('but not one that its task does not take', async () => {
    const url = await userWith('+@all', '-ltrim', '-zrem');
    expect(await check(url, '--for', 'count', 'read')).toEqual({ code: 0, wrong: [] });
    expect((await check(url, '--for', 'apply')).wrong).toMatchObject([
      { remedy: expect.stringMatching(/\+ltrim$/) },
    ]);
  });
});

function at(port: number, login = ''): string {
  return `redis://${login === '' ? '' : `${login}@`}127.0.0.1:${port}`;
}

/** The URL of a user with these rights. */
async function userWith(...rules: string[]): Promise<string> {
  await admin.call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>pass-of-limited', '~*', ...rules);
  return at(server.port, 'limited:pass-of-limited');
}

/** Changes settings; returns what sets them back. */
async function configure(wrong: Record<string, string>): Promise<() => Promise<void>> {
  const before = await Promise.all(
    Object.keys(wrong).map(async (name) => (await admin.config('GET', name)) as string[]),
  );
  const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  for (const [name, value] of Object.entries(wrong))
    await admin.config('SET', name, value === 'nearly' ? String(Math.floor(used * 1.05)) : value);
  return async () => {
    for (const [name = '', value = ''] of before) await admin.config('SET', name, value);
  };
}
