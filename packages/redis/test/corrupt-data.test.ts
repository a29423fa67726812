import { createBuffer } from '@sluice/core';
import { targetKey } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

const server = await startRedisServer();
const client = new Redis(server.url);
const keys = new Keys('sluice').of(0);
const bad = targetKey('Page', { path: '/bad' });
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await client.flushall();
});

/** Two pages pending in one partition, of which the first is then damaged. */
async function pendingPages(damage: () => Promise<unknown>) {
  const sink = recordingSink();
  const buffer = createBuffer({
    backend: redis({ client }),
    sink,
    partitions: 1,
    maxAttempts: 1,
    giveUpAfterMs: 0,
  });
  await buffer.incr('Page', { views: 1 }, { path: '/bad' });
  await buffer.incr('Page', { views: 1 }, { path: '/good' });
  await damage();
  return { buffer, sink };
}

describe('an entry that another program damaged becomes a dead letter, and harms no other', () => {
  const damages = {
    'is no JSON': () => client.hset(keys.entries, bad, 'x{'),
    'is another JSON': () => client.hset(keys.entries, bad, '[1,2]'),
    'has an amount that is no number': () => client.hset(keys.entries, bad, '{"+views":"many"}'),
    'has an amount past 2^53': () => client.hset(keys.entries, bad, '{"+views":"9007199254740993"}'),
    'has an unknown rule': () => client.hset(keys.entries, bad, '{"?views":"1"}'),
    'has a line break': () => client.hset(keys.entries, bad, '{"+views":\n"many"}'),
    'has an extra value that is no JSON': () => client.hset(keys.entries, bad, '{"=title":"{"}'),
    'is missing': () => client.hdel(keys.entries, bad),
  };
  test.each(Object.entries(damages))('%s', async (_, damage) => {
    const { buffer, sink } = await pendingPages(damage);
    expect(await buffer.processPending()).toMatchObject({ batches: 1, entries: 1, buried: 1 });
    expect(sink.entries).toMatchObject([{ filters: { path: '/good' } }]);
    const [letter] = await buffer.deadLetters.list();
    expect(letter).toMatchObject({ entry: undefined, reason: expect.stringMatching(/./) });
    await buffer.incr('Page', { views: 1 }, { path: '/bad' });
    expect(await buffer.get('Page', ['views'], { path: '/bad' })).toEqual({ views: 1 });
    expect(await buffer.deadLetters.discard('all')).toBe(1);
    await buffer.close();
  });

  test('a key that is no target key, with a line break in it', async () => {
    const { buffer, sink } = await pendingPages(async () => {
      await client.rpush(keys.pending, 'rubbish\n["Page"]');
      await client.hset(keys.entries, 'rubbish\n["Page"]', '{"+views":"1"}');
    });
    expect(await buffer.processPending()).toMatchObject({ entries: 2, buried: 1 });
    expect(sink.total('Page', 'views')).toBe(2);
    await buffer.close();
  });
});

test('an increment of an unreadable entry is refused, and those written with it are not', async () => {
  const { buffer } = await pendingPages(() => client.hset(keys.entries, bad, 'x{'));
  const [refused, accepted] = await Promise.allSettled([
    buffer.incr('Page', { views: 1 }, { path: '/bad' }),
    buffer.incr('Page', { views: 1 }, { path: '/good' }),
  ]);
  expect(refused).toMatchObject({
    reason: { code: 'ERR_SLUICE_CORRUPT_ENTRY', outcome: 'refused', partition: 0 },
  });
  expect(accepted.status).toBe('fulfilled');
  await expect(buffer.get('Page', ['views'], { path: '/bad' })).rejects.toMatchObject({
    code: 'ERR_SLUICE_CORRUPT_ENTRY',
  });
  await buffer.close();
});

test('members of older sets of partitions that are no partition are passed over', async () => {
  const { buffer } = await pendingPages(() =>
    client.sadd('sluice:partitions', 'x', '-1', '99999', '1.5', ''),
  );
  expect(await buffer.processPending()).toMatchObject({ entries: 2 });
  expect((await buffer.stats()).partitions).toHaveLength(1);
  await buffer.close();
});

test('a batch without its payload and a damaged dead letter are reported', async () => {
  const { buffer, sink } = await pendingPages(() => Promise.resolve());
  sink.fail(new Error('bad'));
  await buffer.processPending();
  const [letter] = await buffer.deadLetters.list();
  await client.hset(keys.dead, letter?.id ?? '', 'rubbish');
  expect(await buffer.deadLetters.list()).toMatchObject([
    { entry: undefined, reason: 'The dead letter is unreadable.' },
    { reason: 'bad' },
  ]);
  await client.hset(keys.batch, { id: '0-x', attempt: '1', due: '1', size: '1' });
  await expect(buffer.processPending()).rejects.toMatchObject({ code: 'ERR_SLUICE_BACKEND_CORRUPT' });
  await buffer.close();
});

describe('a number that only Lua takes for one is corrupt', () => {
  const fields = ['applied', 'floor', 'noted', 'batches'] as const;
  const texts = ['0x10', ' 7', '1e3', '+5', '--5', '5.0', '1e400', 'nan', 'inf', '', '9'.repeat(400)];
  test.each(fields)('%s of the state', async (field) => {
    for (const text of texts) {
      await client.flushall();
      const { buffer } = await pendingPages(() => client.hset(keys.state, field, text));
      const other = createBuffer({ backend: redis({ client }), partitions: 1 });
      const call = field === 'batches' ? buffer.processPending() : other.incr('Page', { views: 1 }, {});
      await expect(call, JSON.stringify(text)).rejects.toMatchObject({
        code: field === 'batches' ? 'ERR_SLUICE_BACKEND_CORRUPT' : 'ERR_SLUICE_WRITE_FAILED',
      });
      await buffer.close();
      await other.close();
    }
  });
  test.each(['attempt', 'due', 'wait', 'size', 'failures', 'madeAt', 'oldest', 'number'])(
    '%s of a batch',
    async (field) => {
      for (const text of texts) {
        await client.flushall();
        const { buffer } = await pendingPages(() => Promise.resolve());
        await buffer.claim(0);
        await client.hset(keys.batch, field, text);
        await expect(buffer.processPending(), JSON.stringify(text)).rejects.toMatchObject({
          code: 'ERR_SLUICE_BACKEND_CORRUPT',
        });
        await buffer.close();
      }
    },
  );
  test('but a holder of a lease that cannot be read is none', async () => {
    const { buffer } = await pendingPages(() => Promise.resolve());
    const claim = await buffer.claim(0);
    const token = claim.status === 'leased' ? (claim.lease.token.split(' ')[1] ?? '') : '';
    expect((await buffer.stats()).partitions[0]?.batch).toHaveProperty('worker');
    for (const holder of [
      '',
      token,
      `${token} `,
      `${token} 7`,
      `${token} 0x10 name`,
      `${token} ${'9'.repeat(30)} x`,
    ]) {
      await client.hset(keys.batch, 'holder', holder);
      const [partition] = (await buffer.stats()).partitions;
      expect(partition?.batch, JSON.stringify(holder)).toMatchObject({ isLeased: true });
      expect(partition?.batch?.worker, JSON.stringify(holder)).toBeUndefined();
    }
    await buffer.close();
  });
  test('so is a count that nothing could be added to', async () => {
    const { buffer } = await pendingPages(() => client.hset(keys.state, 'applied', `${2 ** 53 - 1}`));
    const other = createBuffer({ backend: redis({ client }), partitions: 1 });
    await expect(other.incr('Page', { views: 1 }, {})).rejects.toMatchObject({
      code: 'ERR_SLUICE_WRITE_FAILED',
      cause: { code: 'ERR_SLUICE_BACKEND_CORRUPT' },
    });
    await buffer.close();
    await other.close();
  });
  test.each(['added', 'taken'] as const)('but %s, which is only shown, begins again at 0', async (field) => {
    for (const text of texts) {
      await client.flushall();
      const { buffer, sink } = await pendingPages(() => client.hset(keys.state, field, text));
      expect(await buffer.stats(), JSON.stringify(text)).toMatchObject({ [field]: 0 });
      await buffer.incr('Page', { views: 1 }, { path: '/good' });
      expect(await buffer.processPending()).toMatchObject({ entries: 2 });
      expect(await buffer.stats()).toMatchObject({ [field]: field === 'added' ? 1 : 2 });
      expect(sink.total('Page', 'views')).toBe(3);
      await buffer.close();
    }
  });
  test('but the time of an entry that is corrupt does not make its batch corrupt', async () => {
    const { buffer } = await pendingPages(() =>
      client.hset(keys.entries, bad, `{"+views":"1","@":"${'9'.repeat(30)}"}`),
    );
    expect(await buffer.processPending()).toMatchObject({ entries: 1, buried: 1 });
    await buffer.close();
  });
});
