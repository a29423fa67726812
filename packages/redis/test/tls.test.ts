import { connect, type Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import { createBuffer, openBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { certificateOf } from './support/certificate.js';
import { listen } from './support/listen.js';

const plain = await startRedisServer();
const [named, other] = await Promise.all([
  certificateOf('localhost'),
  certificateOf('other.test', ',IP:127.0.0.1'),
]);
const ca = [named.cert, other.cert];
const asked: (string | undefined)[] = [];
// Has one certificate for those who ask for localhost, and another one for all others.
const secured = createServer(
  {
    ...other,
    SNICallback: (name, done) => done(null, createSecureContext(name === 'localhost' ? named : other)),
  },
  (socket) => {
    asked.push(socket.servername || undefined);
    const upstream = connect(plain.port, '127.0.0.1');
    pass(socket, upstream);
    pass(upstream, socket);
  },
);
const { port } = await listen(secured);
afterAll(async () => {
  secured.close();
  await plain.stop();
});

function pass(from: Socket, to: Socket): void {
  from
    .on('error', () => to.destroy())
    .on('close', () => to.destroy())
    .pipe(to);
}

describe('rediss://', () => {
  test('asks for the certificate of the host that the URL names', async () => {
    asked.length = 0;
    await using buffer = createBuffer({ backend: redis({ url: `rediss://localhost:${port}`, tls: { ca } }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual(['localhost']);
  });

  test('names no host if the URL has an address', async () => {
    asked.length = 0;
    await using buffer = createBuffer({ backend: redis({ url: `rediss://127.0.0.1:${port}`, tls: { ca } }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual([undefined]);
  });

  test('asks for the name that the TLS options have, if they have one', async () => {
    asked.length = 0;
    const tls = { ca, servername: 'other.test' };
    await using buffer = createBuffer({ backend: redis({ url: `rediss://localhost:${port}`, tls }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    expect(asked).toEqual(['other.test']);
  });

  test('takes TLS options through openBuffer', async () => {
    await using buffer = await openBuffer({ url: `rediss://localhost:${port}`, tls: { ca } });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
  });

  test('trusts no certificate by itself', async () => {
    await using buffer = createBuffer({
      backend: redis({ url: `rediss://localhost:${port}` }),
      writeTimeoutMs: 100,
    });
    await expect(buffer.incr('Page', { views: 1 }, { path: '/' })).rejects.toThrow(/self-signed certificate/);
  });
});

test('openBuffer refuses TLS options that nothing takes', async () => {
  for (const url of ['memory:', 'redis://localhost'])
    await expect(openBuffer({ url, tls: { ca } })).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_OPTION',
      message: expect.stringContaining('"tls"'),
    });
});
