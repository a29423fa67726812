import { createBuffer } from '@sluice/core';
import { type ClaimRequest, targetKey } from '@sluice/core/backend';
import { type RedisClient, redis } from '@sluice/redis';
import { manualClock, recordingSink } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import { expect, test } from 'vitest';

function opened(partitions = 1) {
  const clock = manualClock();
  const client = mockRedis({ clock });
  // No clock of the backend: its scripts ask the mock for the TIME, as they would ask a server.
  const backend = redis({ client });
  const sink = recordingSink();
  return { clock, client, backend, sink, buffer: createBuffer({ backend, clock, sink, partitions }) };
}

const request: ClaimRequest = {
  size: 10,
  bytes: 1000,
  leaseMs: 1000,
  batchIdPrefix: 'batch',
  claimToken: 'token',
  worker: 'worker',
  early: false,
};

async function keyOf(client: ReturnType<typeof mockRedis>, suffix: string): Promise<string> {
  const found = (await client.keys()).filter((key) => key.endsWith(suffix));
  expect(found).toHaveLength(1);
  return found[0] as string;
}

test('it is a client for the Redis backend', () => {
  const client: RedisClient = mockRedis();
  expect(redis({ client }).name).toBe('redis');
});

test('the layout of the keys can be looked at', async () => {
  const { client, clock, buffer } = opened();
  await buffer.incr('Page', { views: 2 }, { path: '/b' }, { title: 'B ✓' });
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  await buffer.incr('Page', { views: 3 }, { path: '/b' });

  const [a, b] = ['/a', '/b'].map((path) => targetKey('Page', { path })) as [string, string];
  expect(await client.lrange(await keyOf(client, ':pending'), 0, -1)).toEqual([
    `${clock.now()}\n${b}`,
    `${clock.now()}\n${a}`,
  ]);
  const entries = await client.hgetall(await keyOf(client, ':entries'));
  expect(JSON.parse(entries[b] ?? '')).toEqual({
    '+views': '5',
    '=title': '"B ✓"',
  });
  expect(entries[a]).toBe('{"+views":"1"}');
  expect(await client.smembers('sluice:{0-113}:partition-counts')).toEqual(['1']);

  const state = await client.hgetall(await keyOf(client, ':state'));
  const [record = ''] = Object.entries(state).flatMap(([field, value]) =>
    field.startsWith('p:') ? [value] : [],
  );
  expect(record).toMatch(/^3 3 \S+ \[\]$/);
  expect(state).toMatchObject({ applied: '3', epoch: expect.any(String) });
  await buffer.close();
});

test('a claim freezes the entries into the batch, and its lease runs out by the clock of the mock', async () => {
  const { client, clock, buffer, backend } = opened();
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  const id = expect.stringMatching(/^batch-1-\d+$/);
  expect(await backend.claim(0, request)).toMatchObject({ status: 'leased', batch: { id, attempt: 1 } });
  expect((await client.keys()).filter((key) => /:(entries|pending)$/.test(key))).toEqual([]);
  expect(await client.hget(await keyOf(client, ':batch'), 'due')).toBe(String(clock.now() + 1000));
  await clock.advance(400);
  expect(await backend.claim(0, { ...request, claimToken: 'other' })).toEqual({ status: 'busy', forMs: 600 });
  await clock.advance(600);
  expect(await backend.claim(0, { ...request, claimToken: 'other' })).toMatchObject({
    batch: { id, attempt: 2 },
  });
  await buffer.close();
});

test('two buffers count at once, scripts are flushed in between, and nothing is lost or counted twice', async () => {
  const { client, clock, backend, sink, buffer } = opened(4);
  const other = createBuffer({ backend, clock, sink, partitions: 3 });
  const paths = ['/', '/é', '/👩‍👩‍👧', '/\0', '/"quoted" \\u0000'];
  for (let round = 0; round < 10; round += 1) {
    const flushed = client.flushScripts();
    const counted = paths.flatMap((path) => [
      buffer.incr('Page', { views: 1 }, { path }),
      other.incr('Page', { views: 2 }, { path }),
    ]);
    await Promise.all([flushed, ...counted, buffer.processPending()]);
  }
  await buffer.processPending();
  expect(paths.map((path) => sink.total('Page', 'views', { path }))).toEqual(paths.map(() => 30));
  await Promise.all([buffer.close(), other.close()]);
});

test('a buffer hears that the data were wiped', async () => {
  const { client, buffer } = opened();
  const lost: string[] = [];
  buffer.on('lost', ({ reason }) => lost.push(reason));
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await client.flushall();
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  expect(lost).toEqual(['wiped']);
  await buffer.close();
});

test('validate() says that nothing survives', async () => {
  const { buffer, backend } = opened();
  expect(await backend.validate()).toMatchObject({ durability: 'none' });
  await buffer.close();
});

test("a key of another program's is an error that says so", async () => {
  const { client, buffer, backend } = opened();
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  const entries = await keyOf(client, ':entries');
  await client.del(entries);
  await client.call('SET', entries, 'in the way');
  await expect(backend.claim(0, request)).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_CORRUPT',
    outcome: 'refused',
  });
  await buffer.close();
});
