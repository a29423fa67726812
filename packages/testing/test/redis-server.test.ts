import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startRedisServer } from '../src/index.js';

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp('/tmp/sluice-temporary-');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

test('the server keeps its data in TMPDIR, however long and odd its path', async () => {
  const folder = join(temporary, `a b#c%20d é 'x' "y" \\ ${'long '.repeat(30)}`);
  await mkdir(folder);
  vi.stubEnv('TMPDIR', folder);
  await using server = await startRedisServer({ appendonly: 'yes', appendfsync: 'always' });
  const client = new Redis(server.port, { retryStrategy: () => 10 });
  client.on('error', () => {});
  await client.set('key', 'value');
  await server.kill();
  await server.start();
  expect(await client.get('key')).toBe('value');
  client.disconnect();
  expect(await readdir(folder)).toHaveLength(1);
  await server.stop();
  expect(await readdir(folder)).toEqual([]);
});
