import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startPostgres } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { certificateOf } from './support/certificate.js';
import { listen } from './support/listen.js';

const [postgres, plainRedis, http, tls, silent, closing] = await Promise.all([
  startPostgres(),
  startRedisServer(),
  listen(createHttpServer((_, response) => response.end('hello'))),
  certificateOf('localhost').then((certificate) => listen(createTlsServer(certificate))),
  listen(createServer((socket) => socket.on('error', () => {}))),
  listen(createServer((socket) => socket.on('error', () => {}).destroy())),
]);
afterAll(async () => {
  for (const { server } of [http, tls, silent, closing]) server.close();
  await Promise.all([postgres.stop(), plainRedis.stop()]);
});

describe('what is not Redis is said at once', () => {
  test.each([
    ['PostgreSQL', `redis://127.0.0.1:${postgres.port}`],
    ['PostgreSQL, asked for TLS', `rediss://127.0.0.1:${postgres.port}`],
    ['HTTP', `redis://127.0.0.1:${http.port}`],
    ['HTTP, asked for TLS', `rediss://127.0.0.1:${http.port}`],
  ])('%s', async (_, url) => {
    await using buffer = createBuffer({
      backend: redis({ url, commandTimeoutMs: 500 }),
      sink: async () => {},
    });
    await expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toMatchObject({
      code: 'ERR_SLUICE_WRITE_FAILED',
      outcome: 'refused',
      cause: { code: 'ERR_SLUICE_BACKEND_PROTOCOL', retryable: false },
    });
    await expect(buffer.processPending(0)).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_PROTOCOL' });
  });
});

describe('what may be Redis, and is away, is waited for', () => {
  test.each([
    ['a server that wants TLS', `redis://127.0.0.1:${tls.port}`, 'perhaps it wants TLS'],
    ['a Redis that has no TLS', `rediss://127.0.0.1:${plainRedis.port}`, 'TLS, and perhaps has none'],
    ['a server that says nothing', `redis://127.0.0.1:${silent.port}`, 'not ready in 200 ms. '],
    ['a server that says nothing, asked for TLS', `rediss://127.0.0.1:${silent.port}`, 'perhaps has none'],
    [
      'a server that closes, as a proxy does whose Redis server is down',
      `redis://127.0.0.1:${closing.port}`,
      'closed the connection',
    ],
  ])('%s', async (_, url, hint) => {
    const backend = redis({ url, commandTimeoutMs: 200 });
    await expect(backend.deadLetters(0, 0, 1)).rejects.toMatchObject({
      code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
      message: expect.stringContaining(hint),
      retryable: true,
      outcome: 'refused',
    });
    await backend.close();
  });
});

test('a server that was Redis before is waited for, even if what is in front of it closes all connections', async () => {
  await using server = await startRedisServer();
  const backend = redis({ url: server.url });
  await backend.deadLetters(0, 0, 1);
  await server.kill();
  const front = createServer((socket) => socket.on('error', () => {}).destroy());
  await new Promise<void>((resolve) => front.listen(server.port, '127.0.0.1', resolve));
  await expect(backend.deadLetters(0, 0, 1)).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
    retryable: true,
  });
  front.close();
  await backend.close();
});

test('a Redis that is back while it is asked whether it is PostgreSQL loses no increment', async () => {
  let connections = 0;
  const front = await listen(
    createServer((client) => {
      connections += 1;
      client.on('error', () => {});
      if (connections === 1) return client.destroy();
      const server = connect(plainRedis.port, '127.0.0.1').on('error', () => client.destroy());
      return client
        .on('close', () => server.destroy())
        .pipe(server)
        .pipe(client);
    }),
  );
  await using buffer = createBuffer({
    backend: redis({ url: `redis://127.0.0.1:${front.port}`, prefix: 'back' }),
    sink: async () => {},
    writeTimeoutMs: 4000,
    logger: { warn() {}, error() {} },
  });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  expect(connections).toBeGreaterThanOrEqual(3);
  front.server.close();
});

describe('other servers are told by what they reply', () => {
  const greets = (greeting: string) =>
    listen(createServer((socket) => socket.on('error', () => {}).end(greeting)));
  test.each([
    ['SMTP', () => greets('220 mail.example.com ESMTP\r\n')],
    ['IMAP', () => greets('* OK [CAPABILITY IMAP4rev1] ready\r\n')],
    ['SSH', () => greets('SSH-2.0-OpenSSH_9.2\r\n')],
    ['an echo', () => listen(createServer((socket) => socket.on('error', () => {}).pipe(socket)))],
  ])('%s', async (_, start) => {
    const { server, port } = await start();
    const backend = redis({ url: `redis://127.0.0.1:${port}`, commandTimeoutMs: 500 });
    const fault = { code: 'ERR_SLUICE_BACKEND_PROTOCOL', retryable: false };
    await expect(backend.join(0, 1)).rejects.toMatchObject(fault);
    await expect(backend.validate()).rejects.toMatchObject(fault);
    await backend.close();
    server.close();
  });
});
