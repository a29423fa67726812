import { connect, createServer } from 'node:net';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { borrowedConnection } from '../src/borrowed-connection.js';
import { type Connection, singleConnection } from '../src/connection.js';
import { ownServer } from '../src/own-server.js';
import { listen } from './support/listen.js';

const TIMEOUT_MS = 400;
const TICK_MS = 20;

// Takes several times the timeout over a line of 16 KB a tick.
const large = 'x'.repeat(1_000_000);

const server = await startRedisServer();
const admin = new Redis(server.url);
await admin.set('large', large);
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

/** A line to the server that lets a number of bytes pass each tick, as long as there is allowance for them. */
async function slowLine(bytesPerTick: number, allowance = Number.POSITIVE_INFINITY) {
  let left = allowance;
  const { server: line, port } = await listen(
    createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      let waiting = Buffer.alloc(0);
      const tick = setInterval(() => {
        const now = waiting.subarray(0, Math.min(bytesPerTick, left));
        waiting = waiting.subarray(now.length);
        left -= now.length;
        if (now.length > 0) client.write(now);
      }, TICK_MS);
      upstream
        .on('error', () => {})
        .on('data', (bytes) => {
          waiting = Buffer.concat([waiting, bytes]);
        });
      client
        .on('error', () => {})
        .on('close', () => {
          clearInterval(tick);
          upstream.destroy();
        })
        .pipe(upstream);
    }),
  );
  return { port, [Symbol.asyncDispose]: async () => void line.close() };
}

const kinds: [string, (port: number, timeoutMs: number) => Connection][] = [
  [
    'a connection of its own',
    (port, timeoutMs) => singleConnection(ownServer({ host: '127.0.0.1', port }, timeoutMs)),
  ],
  [
    'a borrowed client',
    (port, timeoutMs) => {
      const client = new Redis(port);
      client.on('error', () => {});
      return { ...borrowedConnection(client, timeoutMs), close: async () => client.disconnect() };
    },
  ],
];

describe.each(kinds)('%s', (_, open) => {
  /** A connection that is there, so that only the reply is slow. */
  async function opened(port: number): Promise<Connection> {
    const connection = open(port, TIMEOUT_MS);
    await expect.poll(() => connection.run('', (client) => client.exists('')), { timeout: 10_000 }).toBe(0);
    return connection;
  }

  test('waits for a reply that is still arriving', async () => {
    await using line = await slowLine(16_384);
    const connection = await opened(line.port);
    expect(
      await connection.run('large', (client) => client.eval("return redis.call('GET', 'large')", 0)),
    ).toBe(large);
    await connection.close();
  });

  test('gives a reply up that has stopped arriving', async () => {
    await using line = await slowLine(16_384, 200_000);
    const connection = await opened(line.port);
    await expect(
      connection.run('large', (client) => client.eval("return redis.call('GET', 'large')", 0)),
    ).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE', outcome: 'unknown' });
    await connection.close();
  });

  test('gives a reply up that would take too long', async () => {
    await using line = await slowLine(2048);
    const connection = await opened(line.port);
    await expect(
      connection.run('large', (client) => client.eval("return redis.call('GET', 'large')", 0)),
    ).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_UNAVAILABLE', outcome: 'unknown' });
    await connection.close();
  });
});
