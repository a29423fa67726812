import { connect, createServer } from 'node:net';
import { createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { listen } from './support/listen.js';

const server = await startRedisServer();
const chunks: string[] = [];
const wire = await listen(
  createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    client.on('data', (chunk) => {
      chunks.push(chunk.toString());
      upstream.write(chunk);
    });
    client.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).pipe(client);
  }),
);
const url = `redis://127.0.0.1:${wire.port}`;
const client = new Redis(url);
afterAll(async () => {
  client.disconnect();
  wire.server.close();
  await server.stop();
});

test.each([
  ['of its own', { url, prefix: 'own' }, 0],
  ['of its own, after lingering', { url, prefix: 'lingering' }, 5],
  ['that was borrowed', { client, prefix: 'borrowed' }, 0],
])('the writes of a flush leave in one packet, by a client %s', async (_, options, lingerMs) => {
  await using buffer = createBuffer({ backend: redis(options), partitions: 16, lingerMs });
  const count = () =>
    Promise.all(Array.from({ length: 40 }, (__, path) => buffer.incr('Page', { views: 1 }, { path })));
  await count(); // joins, and sends the scripts
  chunks.length = 0;
  await count();
  const writes = chunks.map((chunk) => chunk.split(':entries').length - 1).filter((count) => count > 0);
  expect(writes).toEqual([expect.any(Number)]);
  expect(writes[0]).toBeGreaterThan(10);
});
