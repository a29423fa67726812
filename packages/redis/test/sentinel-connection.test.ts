import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisSentinels, startTcpProxy } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Connection } from '../src/connection.js';
import { resolveOptions } from '../src/options.js';
import { lessened, type Rules, usersIn, wordsOf } from './support/acl.js';
import { surviveFailover } from './support/survive-failover.js';

// Of calls that get no reply.
const SHORT_MS = 300;
const PASSWORDS = { password: 's3cret', sentinelPassword: 'gu4rd' };
const LOGIN = `?sentinelPassword=${PASSWORDS.sentinelPassword}`;

const group = await startRedisSentinels(PASSWORDS);
const open: Connection[] = [];
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await group[Symbol.asyncDispose]();
});

function connectTo(url: string, commandTimeoutMs = 5000): Connection {
  const { connection } = resolveOptions({ url, commandTimeoutMs });
  open.push(connection);
  return connection;
}

/** A URL with sentinels on these ports. */
function urlOf(...ports: readonly number[]): string {
  const hosts = ports.map((port) => `127.0.0.1:${port}`);
  return `redis+sentinel://:${PASSWORDS.password}@${hosts.join(',')}/counters${LOGIN}`;
}

const ports = group.sentinels.map(({ port }) => port);
const away = { code: 'ERR_SLUICE_BACKEND_UNAVAILABLE', retryable: true };
const portOf = (connection: Connection): Promise<unknown> =>
  connection.run('key', async (client) => {
    await client.eval("return redis.call('INCR', KEYS[1])", 1, 'key');
    return Number(/tcp_port:(\d+)/.exec(await client.info())?.[1]);
  });

test('a master that is killed is replaced, and no increment is lost or doubled', () =>
  surviveFailover(group, redis({ url: group.url })));

test('a master that is replaced in good order is left, though it takes connections', async () => {
  const connection = connectTo(group.url);
  const old = await group.master();
  expect(await portOf(connection)).toBe(old.port);
  await group.failOver();
  await expect.poll(() => portOf(connection).catch(() => old.port), { timeout: 10_000 }).not.toBe(old.port);
  await group.settled();
});

test('a master that the sentinels have lost sight of is left, though it takes writes', async () => {
  const connection = connectTo(group.url);
  await portOf(connection);
  const old = await group.hideMaster();
  await expect.poll(() => portOf(connection), { timeout: 10_000 }).toBe((await group.master()).port);
  await group.show(old);
  await group.settled();
});

test('a sentinel that has not heard of a failover is not listened to', async () => {
  let stale: string | undefined;
  const remember = (reply: string): void => {
    if (reply.includes('config-epoch')) stale ??= reply;
  };
  await using behind = await startTcpProxy(ports[0] as number, () => ({
    onRequest: (bytes) =>
      stale !== undefined && bytes.toString().toUpperCase().includes('MASTER') ? { answer: stale } : 'pass',
    onReply(bytes) {
      remember(bytes.toString());
      return 'pass';
    },
  }));
  const connection = connectTo(urlOf(behind.port, ports[1] as number));
  const nameOf = async (): Promise<string | undefined> => (await connection.masters())[0]?.name;
  const old = await nameOf();
  await expect.poll(() => nameOf().then(() => stale)).toBeDefined();
  await group.failOver();
  await expect.poll(nameOf).not.toBe(old);
  for (let i = 0; i < 30; i += 1) expect(await nameOf()).not.toBe(old);
  await group.settled();
});

test('a silent master: the call fails in bounded time, and what was sent may have run', async () => {
  const connection = connectTo(group.url, SHORT_MS);
  await expect.poll(() => portOf(connection)).toBeGreaterThan(0);
  const master = await group.master();
  master.pause();
  await expect(portOf(connection)).rejects.toMatchObject({
    ...away,
    outcome: 'unknown',
    message: expect.stringContaining(`Redis 127.0.0.1:${master.port}: no reply in`),
  });
  master.resume();
  await group.settled();
});

describe('sentinels', () => {
  test('of which one replies, others are silent or away', async () => {
    const silent = group.sentinels.slice(0, 2);
    for (const sentinel of silent) sentinel.pause();
    try {
      expect(await portOf(connectTo(urlOf(1, ...ports)))).toBe((await group.master()).port);
    } finally {
      for (const sentinel of silent) sentinel.resume();
      await group.settled();
    }
  });

  test('of which none is alive: nothing was sent', async () => {
    await expect(portOf(connectTo(urlOf(1, 2)))).rejects.toMatchObject({ ...away, outcome: 'refused' });
  });

  test('that are away when the master is known are not needed', async () => {
    const connection = connectTo(group.url);
    const port = await portOf(connection);
    for (const sentinel of group.sentinels) sentinel.pause();
    expect(await portOf(connection)).toBe(port);
    for (const sentinel of group.sentinels) sentinel.resume();
    await group.settled();
  });

  test.each([
    [
      'a wrong password of theirs',
      group.url.replace(PASSWORDS.sentinelPassword, 'wr0ng'),
      /^Redis Sentinel .*WRONGPASS/,
    ],
    ['no password', group.url.replace(LOGIN, ''), /^Redis Sentinel .*NOAUTH/],
    [
      'a wrong password of the servers',
      group.url.replace(PASSWORDS.password, 'wr0ng'),
      /^Redis 127.*WRONGPASS/,
    ],
  ])('%s is told at once', async (_, url, message) => {
    // One of the sentinels is away: what the others say is the reason.
    const one = url.replace('127.0.0.1:', '127.0.0.1:1,127.0.0.1:');
    const error: unknown = await portOf(connectTo(one)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_SLUICE_BACKEND_DENIED',
      retryable: false,
      outcome: 'refused',
      message: expect.stringMatching(message),
    });
    expect(String(error)).not.toMatch(/wr0ng|s3cret|gu4rd/);
  });

  test('that do not know the master, and servers that are no sentinels', async () => {
    await using server = await startRedisServer();
    const failed = { code: 'ERR_SLUICE_BACKEND_FAILED', retryable: false, outcome: 'refused' };
    await expect(portOf(connectTo(group.url.replace('/counters', '/others')))).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(/^Redis Sentinel .*No such master.*the name/),
    });
    await expect(
      portOf(connectTo(`redis+sentinel://127.0.0.1:${server.port}/counters`)),
    ).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(/^Redis Sentinel .*unknown command/),
    });
    await expect(
      portOf(connectTo(`redis://:${PASSWORDS.sentinelPassword}@127.0.0.1:${ports[0]}`)),
    ).rejects.toMatchObject(failed);
  });
});

test('the master is validated, and what a failover may forget is spoken of', async () => {
  const backend = redis({ url: group.url });
  const { port } = await group.master();
  expect(await backend.validate()).toEqual({
    durability: 'none',
    advice: [
      expect.stringContaining('saves nothing'),
      expect.stringMatching(new RegExp(`replicas \\(2\\): a failover.*\\(127.0.0.1:${port}\\)$`)),
      expect.stringMatching(/Set: min-replicas-to-write 1 \(/),
    ],
  });
  await backend.close();
});

test('a borrowed client of the sentinels', async () => {
  const client = new Redis({
    sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
    name: 'counters',
    ...PASSWORDS,
  });
  await using buffer = createBuffer({ backend: redis({ client, prefix: 'borrowed' }) });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 1 });
  client.disconnect();
});

test('after close() nothing is opened again', async () => {
  const connection = connectTo(group.url);
  await portOf(connection);
  await connection.close();
  await expect(portOf(connection)).rejects.toMatchObject({ ...away, outcome: 'refused' });
});

test('the sentinels need to allow what docs/security.md says, and nothing else', async () => {
  const [sentinel] = group.sentinels;
  const rules = usersIn('security.md').get('sluice-sentinel') ?? [];
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const setUser = (allowed: Rules) =>
    sentinel?.call('ACL', 'SETUSER', 'sluice-sentinel', ...wordsOf(allowed));
  const login = '?sentinelUsername=sluice-sentinel&sentinelPassword=sentinel-password';
  const url = urlOf(Number(sentinel?.port)).replace(LOGIN, login);
  const isRefused = async (): Promise<boolean> => {
    warn.mockClear();
    const connection = connectTo(url);
    const failure = await portOf(connection).then(
      () => undefined,
      (error: unknown) => error,
    );
    await connection.close();
    return failure !== undefined || warn.mock.calls.length > 0;
  };
  await setUser(rules);
  expect(await isRefused()).toBe(false);
  for (const { without, rules: fewer } of lessened(rules)) {
    await setUser(fewer);
    expect(await isRefused(), without).toBe(true);
  }
  warn.mockRestore();
});
