import { createServer } from 'node:net';
import { createBuffer, type IncrementError, openBuffer, type SluiceErrorCode } from '@sluice/core';
import { fromUrl, type RedisBackendOptions, type RedisClient, redis } from '@sluice/redis';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { listen } from './support/listen.js';

const server = await startRedisServer();
afterAll(() => server.stop());

describe('a borrowed client', () => {
  test('is never closed, and keeps its listeners', async () => {
    const client = new Redis(server.url);
    const listeners = client.listenerCount('error');
    const buffer = createBuffer({ backend: redis({ client }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.close();
    expect(await client.ping()).toBe('PONG');
    expect(client.listenerCount('error')).toBe(listeners);
    client.disconnect();
  });

  test('applies its keyPrefix to every key', async () => {
    const client = new Redis(server.url, { keyPrefix: 'app:' });
    const plain = new Redis(server.url);
    await plain.flushall();
    const sink = recordingSink();
    const buffer = createBuffer({ backend: redis({ client }), sink, maxAttempts: 1, giveUpAfterMs: 0 });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    sink.fail(new Error('bad'));
    await buffer.processPending();
    expect(await buffer.deadLetters.redrive('all')).toBe(1);
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await buffer.processPending();
    expect(sink.total('Page', 'views')).toBe(2);
    for (const key of await plain.keys('*')) expect(key).toMatch(/^app:sluice:/);
    await buffer.close();
    client.disconnect();
    plain.disconnect();
  });

  test('that repeats forever still fails in bounded time', async () => {
    const client = new Redis(1, { maxRetriesPerRequest: null, lazyConnect: true });
    client.on('error', () => {});
    const backend = redis({ client, commandTimeoutMs: 50 });
    await expect(backend.partitions(1)).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      outcome: 'unknown',
    });
    client.disconnect();
  });

  const refused: [string, RedisClient][] = [
    ['a keyPrefix with a brace', new Redis({ keyPrefix: '{app}:', lazyConnect: true })],
    ['something else', {} as RedisClient],
  ];
  test.each(refused)('%s is refused', (_, client) => {
    expect(() => redis({ client })).toThrow(expect.objectContaining({ code: 'ERR_SLUICE_INVALID_OPTION' }));
  });
});

describe('a connection that the backend opens', () => {
  test('opens with the first use and reconnects after the server was away', async () => {
    await using away = await startRedisServer({ appendonly: 'yes', appendfsync: 'always' });
    await using buffer = createBuffer({ backend: redis({ url: away.url }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    await away.kill();
    const waiting = buffer.incr('Page', { views: 1 }, { path: '/' });
    await away.start();
    await waiting;
    expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 2 });
  });

  test('that cannot be made refuses the increment, and says so', async () => {
    await using buffer = createBuffer({
      backend: redis({ url: 'redis://127.0.0.1:1' }),
      writeTimeoutMs: 100,
    });
    await expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toMatchObject({
      code: 'ERR_SLUICE_WRITE_TIMEOUT',
      outcome: 'refused',
    });
  });

  test('closes in bounded time when the server is gone or does not reply', async () => {
    const silent = await listen(createServer((socket) => socket.on('error', () => {})));
    for (const port of [1, silent.port]) {
      const buffer = createBuffer({
        backend: redis({ url: `redis://127.0.0.1:${port}`, commandTimeoutMs: 10_000 }),
        closeTimeoutMs: 50,
      });
      const refused = expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toMatchObject({
        code: 'ERR_SLUICE_CLOSED',
      });
      await buffer.close();
      await refused;
    }
    silent.server.close();
  });

  test('ends what waits for a server that is gone, when the backend is closed', async () => {
    const backend = redis({ url: 'redis://127.0.0.1:1', commandTimeoutMs: 600_000 });
    await expect(backend.partitionCounts()).rejects.toThrow('ECONNREFUSED');
    const waiting = expect(backend.partitionCounts()).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      outcome: 'refused',
    });
    await backend.close();
    await waiting;
  });

  test('a server that echoes its input acknowledges nothing', async () => {
    const echo = await listen(createServer((socket) => socket.on('error', () => {}).pipe(socket)));
    const url = `redis://127.0.0.1:${echo.port}`;
    await using buffer = createBuffer({ backend: redis({ url }), sink: async () => {} });
    const error: unknown = await buffer
      .incr('Page', { views: 1 }, { path: '/' })
      .catch((reason: unknown) => reason);
    // A write is not even sent: joining comes first.
    expect(error).toMatchObject({ code: 'ERR_SLUICE_WRITE_FAILED', outcome: 'refused' });
    expect((error as IncrementError).cause).toMatchObject({ code: 'ERR_SLUICE_BACKEND_PROTOCOL' });
    await expect(buffer.processPending(0)).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_PROTOCOL' });
    echo.server.close();
  });
});

describe('the parameters of a URL', () => {
  const keysIn3 = async (pattern: string): Promise<string[]> => {
    const client = new Redis(`${server.url}/3`);
    const keys = await client.keys(pattern);
    client.disconnect();
    return keys;
  };

  test('are heeded by openBuffer', async () => {
    await using buffer = await openBuffer({ url: `${server.url}/3?prefix=shop&commandTimeoutMs=900` });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(await keysIn3('shop:*')).not.toEqual([]);
  });

  test('are heeded by redis', async () => {
    await using buffer = createBuffer({ backend: redis({ url: `${server.url}/3?prefix=store` }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(await keysIn3('store:*')).not.toEqual([]);
  });

  test.each([
    ['prefix', { url: 'redis://h?prefix=a', prefix: 'b' }],
    ['commandTimeoutMs', { url: 'redis://h?commandTimeoutMs=5', commandTimeoutMs: 5 }],
  ])('must not be given beside the option %s', (name, options) => {
    expect(() => redis(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_OPTION',
        message: expect.stringContaining(`"${name}" is also a parameter of the URL`),
      }),
    );
  });
});

const badOptions: [string, () => unknown, SluiceErrorCode][] = [
  ['no url and no client', () => redis({} as RedisBackendOptions), 'ERR_SLUICE_INVALID_OPTION'],
  ['an invalid url', () => redis({ url: 'nonsense' }), 'ERR_SLUICE_INVALID_URL'],
  ['a url of 10 MB', () => redis({ url: `redis://${'x'.repeat(10_000_000)}` }), 'ERR_SLUICE_INVALID_URL'],
  ['another scheme', () => redis({ url: 'http://localhost' }), 'ERR_SLUICE_UNKNOWN_SCHEME'],
  ['a database that is no number', () => redis({ url: 'redis://h/a' }), 'ERR_SLUICE_INVALID_URL'],
  ['a broken percent sign', () => redis({ url: 'redis://:%zz@h' }), 'ERR_SLUICE_INVALID_URL'],
  ['an unknown parameter', () => fromUrl('redis://h?prefx=a'), 'ERR_SLUICE_INVALID_URL'],
  ['an unknown parameter of redis()', () => redis({ url: 'redis://h?prefx=a' }), 'ERR_SLUICE_INVALID_URL'],
  ['a parameter twice', () => redis({ url: 'redis://h?prefix=a&prefix=b' }), 'ERR_SLUICE_INVALID_URL'],
  ['an empty prefix in the url', () => redis({ url: 'redis://h?prefix=' }), 'ERR_SLUICE_INVALID_OPTION'],
  ['an empty timeout in the url', () => fromUrl('redis://h?commandTimeoutMs='), 'ERR_SLUICE_INVALID_OPTION'],
  ['tls without rediss', () => redis({ url: 'redis://h', tls: {} }), 'ERR_SLUICE_INVALID_OPTION'],
  ['tls that is none', () => redis({ url: 'rediss://h', tls: true as never }), 'ERR_SLUICE_INVALID_OPTION'],
  [
    'tls beside a client',
    () => redis({ client: new Redis({ lazyConnect: true }), tls: {} } as never),
    'ERR_SLUICE_INVALID_OPTION',
  ],
  ['a prefix with a brace', () => redis({ url: 'redis://h', prefix: '{a}' }), 'ERR_SLUICE_INVALID_OPTION'],
  ['an empty prefix', () => redis({ url: 'redis://h', prefix: '' }), 'ERR_SLUICE_INVALID_OPTION'],
  ['a timeout of 0', () => redis({ url: 'redis://h', commandTimeoutMs: 0 }), 'ERR_SLUICE_INVALID_OPTION'],
  [
    'a timeout in the url that is no number',
    () => fromUrl('redis://h?commandTimeoutMs=x'),
    'ERR_SLUICE_INVALID_OPTION',
  ],
  ['a clock without now', () => redis({ url: 'redis://h', clock: {} as never }), 'ERR_SLUICE_INVALID_OPTION'],
  ['an unknown option', () => redis({ url: 'redis://h', timeout: 1 } as never), 'ERR_SLUICE_INVALID_OPTION'],
  ['options that are none', () => redis(undefined as never), 'ERR_SLUICE_INVALID_OPTION'],
];
test.each(badOptions)('redis() refuses %s', (_, make, code) => {
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(/^.{1,400}$/);
});
