import type { ClaimRequest } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

const server = await startRedisServer();
const client = new Redis(server.url);
const keys = new Keys('sluice').of(0);
const backend = redis({ client });
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => client.flushall());

/** The commands that scripts, or clients, run on the server meanwhile. */
async function commandsOf(run: () => Promise<unknown>, from: 'scripts' | 'clients' = 'scripts') {
  const monitor = await client.duplicate({ retryStrategy: () => null }).monitor();
  const commands: string[][] = [];
  const seen = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, words: string[], source: string) => {
      if (words[0] === 'echo') resolve();
      else if ((source === 'lua') === (from === 'scripts')) commands.push(words);
    });
  });
  await run();
  await client.echo('the end');
  await seen;
  monitor.disconnect();
  return commands;
}

const request: ClaimRequest = {
  size: 100_000,
  bytes: 20_000,
  leaseMs: 60_000,
  batchIdPrefix: '0-b',
  claimToken: 't',
  worker: 'worker',
  early: false,
};

async function pending(count: number, bytes: number): Promise<void> {
  const joined = await backend.join(0, 1);
  const fields = { '+views': 1, '=title': JSON.stringify('x'.repeat(bytes)) };
  const entries = Array.from({ length: count }, (_, i) => ({ key: `["Page","n",${i}]`, fields }));
  await backend.add({ ...joined, partition: 0, producer: 'p', number: 1, follows: 0, nonce: 'n', entries });
}

test('a claim that is turned away does not read the batch, nor do stats', async () => {
  await pending(10, 100);
  await backend.claim(0, request);
  const commands = await commandsOf(async () => {
    expect(await backend.claim(0, { ...request, claimToken: 'other' })).toMatchObject({ status: 'busy' });
    await backend.stats(1);
    await backend.partitions(1);
  });
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.flat()).not.toContain('payload');
});

test('a claim of an empty partition reads no entry', async () => {
  const commands = await commandsOf(async () => {
    expect(await backend.claim(0, request)).toEqual({ status: 'empty' });
  });
  expect(commands.flat()).not.toContain(keys.entries);
});

test('a claim reads few entries beyond those that it takes, however many are pending', async () => {
  await pending(1000, 1000);
  const commands = await commandsOf(async () => {
    const claimed = await backend.claim(0, request);
    expect(claimed.status === 'leased' && claimed.batch.entries.length).toBe(18);
  });
  const reads = commands.filter(([name, key]) => name?.toUpperCase() === 'HMGET' && key === keys.entries);
  expect(reads.map((words) => words.length - 2)).toEqual([50]);
});

test('a first entry that is larger than a batch is taken alone', async () => {
  await pending(3, 50_000);
  const claimed = await backend.claim(0, request);
  expect(claimed.status === 'leased' && [claimed.batch.entries.length, claimed.batch.remaining]).toEqual([
    1, 2,
  ]);
});

/** Writes of entries with these keys. */
async function writesOf(keys: readonly (readonly string[])[]): Promise<void> {
  const joined = await backend.join(0, 1);
  for (const [follows, group] of keys.entries()) {
    const number = follows + 1;
    const entries = group.map((key) => ({ key, fields: { '+views': 1 } }));
    const names = { partition: 0, producer: 'p', nonce: `${number}` };
    await backend.add({ ...joined, ...names, number, follows, entries });
  }
}

/** As many target keys of 4000 characters. */
const longKeys = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `["Page","path","${String(i).padStart(4000 - 18, 'x')}"]`);

const taken = async (bytes: number): Promise<unknown> => {
  const claimed = await backend.claim(0, { ...request, bytes });
  return claimed.status === 'leased' && claimed.batch.entries.length;
};

test('a claim reads no more of the queue than keys that may fit, however long they are', async () => {
  const keys = longKeys(400);
  await writesOf(Array.from({ length: 40 }, (_, i) => keys.slice(10 * i, 10 * (i + 1))));
  const commands = await commandsOf(async () => expect(await taken(20_000)).toBe(4));
  const reads = commands.filter(([name]) => name?.toUpperCase() === 'LRANGE');
  expect(reads.map(([, , from, to]) => [from, to])).toEqual([['0', '0']]);
});

test.each([-1, 0, 1])('a claim ends where keys fill it, but for %i bytes', async (more) => {
  await writesOf(longKeys(8).map((key) => [key]));
  expect(await taken(5 * 4000 + more)).toBe(4);
});

test('looking where nothing is pending takes a command for all partitions', async () => {
  await pending(1, 100);
  const claim = await backend.claim(0, request);
  await backend.ack(0, claim.status === 'leased' ? claim.leaseToken : '');
  const commands = await commandsOf(async () => {
    expect(await backend.partitions(64)).toEqual([]);
  }, 'clients');
  expect(commands.filter(([name]) => name === 'exists')).toHaveLength(1);
  expect(commands.length).toBeLessThanOrEqual(10);
});
