import { nodeRedis, redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import * as six from 'redis';
import * as five from 'redis-5';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { useBuffer } from './support/use-buffer.js';

const server = await startRedisServer();
const cluster = await startRedisCluster({ masters: 3 });
const admin = new Redis(server.url);
const rootNodes = cluster.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` }));
afterAll(async () => {
  admin.disconnect();
  await cluster[Symbol.asyncDispose]();
  await server.stop();
});
beforeEach(() => admin.flushall());

describe.each([
  ['redis 5', five as unknown as typeof six],
  ['redis 6', six],
])('over %s', (_, { createClient, createCluster, RESP_TYPES }) => {
  const open = (url = server.url) => {
    const client = createClient({ url });
    client.on('error', () => {});
    return client;
  };

  test('a buffer works with a client of one server', async () => {
    const client = await open().connect();
    await useBuffer(redis({ client: nodeRedis(client) }));
    client.destroy();
  });

  test('a buffer works with a client that replies with buffers', async () => {
    const client = await open().connect();
    const mapped = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    await useBuffer(redis({ client: nodeRedis(mapped) }));
    client.destroy();
  });

  test('a buffer works with a client of a cluster', async () => {
    for (const node of cluster.nodes) await node.call('FLUSHALL');
    const client = createCluster({ rootNodes });
    client.on('error', () => {});
    await client.connect();
    await useBuffer(redis({ client: nodeRedis(client) }));
    client.destroy();
  });

  test('many backends on one client leave it as it was', async () => {
    const client = await open().connect();
    const counts = () => client.eventNames().map((event) => client.listenerCount(event));
    const before = counts();
    const backends = Array.from({ length: 20 }, () => redis({ client: nodeRedis(client) }));
    expect(Math.max(...counts())).toBe(1);
    await Promise.all(backends.map((backend) => backend.close()));
    expect(counts()).toEqual(before);
    client.destroy();
  });

  test('a buffer works with a connection that was lost', async () => {
    const client = await open().connect();
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await useBuffer(redis({ client: nodeRedis(client) }));
    client.destroy();
  });

  test('a reply that is lost with its connection may have been counted', async () => {
    const client = await open().connect();
    const backend = redis({ client: nodeRedis(client) });
    await backend.deadLetters(0, 0, 1); // loads the script
    await admin.call('CLIENT', 'PAUSE', '10000', 'WRITE');
    const letters = backend.deadLetters(0, 0, 1);
    await new Promise(setImmediate);
    const lost = expect(letters).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      retryable: true,
      outcome: 'unknown',
    });
    client.destroy();
    await lost;
    await admin.call('CLIENT', 'UNPAUSE');
  });

  test('a client that is closed has sent nothing', async () => {
    await expect(redis({ client: nodeRedis(open()) }).deadLetters(0, 0, 1)).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      retryable: true,
      outcome: 'refused',
    });
  });

  test('a user who may not run scripts is told so', async () => {
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>right', '~*', '+@all', '-evalsha');
    const client = await open(server.url.replace('//', '//app:right@')).connect();
    await expect(redis({ client: nodeRedis(client) }).deadLetters(0, 0, 1)).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_DENIED',
      retryable: false,
      outcome: 'refused',
    });
    client.destroy();
  });

  test('a pipeline replies in order, or with the first error', async () => {
    const client = await open().connect();
    const pipeline = nodeRedis(client).pipeline?.([
      ['set', 'key', 1],
      ['wait', 0, 50],
    ]);
    expect(await pipeline?.exec()).toEqual([
      [null, 'OK'],
      [null, 0],
    ]);
    const failing = nodeRedis(client).pipeline?.([
      ['evalsha', '0'.repeat(40), 0],
      ['wait', 0, 50],
    ]);
    await expect(failing?.exec()).rejects.toMatchObject({
      name: 'ReplyError',
      message: expect.stringMatching(/^NOSCRIPT/),
    });
    client.destroy();
  });

  test('durability needs a client of one server', () => {
    const client = nodeRedis(createCluster({ rootNodes }));
    expect(() => redis({ client, durability: { replicas: 1, timeoutMs: 50 } })).toThrow(
      expect.objectContaining({ code: 'ERR_SLUICE_INVALID_OPTION' }),
    );
  });
});
