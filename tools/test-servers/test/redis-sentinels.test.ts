import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { startRedisSentinels } from '../src/index.js';

const group = await startRedisSentinels({ password: 'secret', sentinelPassword: 'guard' });
const client = new Redis({
  sentinels: group.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
  name: 'counters',
  password: 'secret',
  sentinelPassword: 'guard',
  sentinelRetryStrategy: () => 50,
  retryStrategy: () => 50,
});
client.on('error', () => {});
afterAll(async () => {
  client.disconnect();
  await group[Symbol.asyncDispose]();
});

test('a killed master is replaced, and comes back as a replica', async () => {
  const master = await group.master();
  await client.set('key', '1');
  await client.wait(2, 1000);
  await master.kill();
  await expect.poll(() => group.master(), { timeout: 20_000 }).not.toBe(master);
  expect(await client.get('key')).toBe('1');
  await master.start();
  await group.settled();
});

test('a replica becomes the master in good order', async () => {
  const master = await group.master();
  await group.failOver();
  expect(await group.master()).not.toBe(master);
  await group.settled();
});

test('a hidden master takes writes beside the new one, until it is shown', async () => {
  const old = await group.hideMaster();
  expect(await group.master()).not.toBe(old);
  expect(await old.call('SET', 'key', 'astray')).toBe('OK');
  await group.show(old);
  await group.settled();
  expect(await old.call('GET', 'key')).toBe('1');
});
