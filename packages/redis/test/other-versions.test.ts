import { type ClaimRequest, type Fields, targetKey } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

const server = await startRedisServer();
const client = new Redis(server.url);
const keys = new Keys('sluice').of(0);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const START = 1_700_000_000_000;
let now = START;
const backend = redis({ client, clock: { now: () => now } });
beforeEach(async () => {
  now = START;
  await client.flushall();
});

const [a, b, c] = ['/a', '/b', '/c'].map((path) => targetKey('Page', { path })) as [string, string, string];
const request: ClaimRequest = {
  size: 10,
  bytes: 10_000,
  leaseMs: 1000,
  batchIdPrefix: '0-new',
  claimToken: 't',
  worker: 'worker',
  early: false,
};

async function lease(claimToken: string) {
  const claimed = await backend.claim(0, { ...request, claimToken });
  if (claimed.status !== 'leased') throw new Error(`expected a lease, got ${JSON.stringify(claimed)}`);
  return claimed;
}

async function drained(): Promise<[string, Fields][]> {
  const { batch, leaseToken } = await lease('drain');
  expect(await backend.ack(0, leaseToken)).toBe(true);
  return batch.entries.map((entry) => [entry.key, 'fields' in entry ? entry.fields : {}]);
}

/** What the first version left behind: two pending entries, a batch under its second lease, and a dead letter. */
async function firstVersion(): Promise<void> {
  await client.sadd('sluice:partitions', '0');
  await client.hset(keys.state, { epoch: 'first-epoch', batches: '7', settled: '0-x1y2-6 settler' });
  await client.set(`${keys.state.replace(/state$/, '')}producer:p1`, '12 []', 'PX', 86_400_000);
  await client.hset(keys.entries, {
    [a]: `{"+views":"3","=title":"\\"pending\\"","@":"${START - 5000}"}`,
    [c]: `{"+views":"4","@":"${START - 4000}"}`,
  });
  await client.rpush(keys.pending, a, c);
  await client.hset(keys.batch, {
    id: '0-x1y2-7',
    payload: `${a}\n{"+views":"10","@":"${START - 9000}"}\n${b}\n{"+views":"20","=title":"\\"claimed\\"","@":"${START - 8000}"}`,
    size: '2',
    attempt: '2',
    due: `${START + 500}`,
    token: 'holder',
  });
  const letter = (key: string) =>
    `${key}\n{"+views":"100","=title":"\\"dead\\"","@":"${START - 60_000}"}\n"no such table"\n3\n${START - 50_000}`;
  await client.hset(keys.dead, { '0-x1y2-5/000000': letter(a), '0-x1y2-5/000001': letter(b) });
  await client.zadd(keys.deadOrder, START - 50_000, '0-x1y2-5/000000', START - 50_000, '0-x1y2-5/000001');
}

describe('what the first version left behind', () => {
  beforeEach(firstVersion);

  test('is counted and read', async () => {
    expect(await backend.partitions(0)).toEqual([0]);
    expect(await backend.partitionCounts()).toEqual([]);
    expect(await backend.stats(0)).toEqual([
      {
        partition: 0,
        pending: 2,
        claimed: 2,
        dead: 2,
        oldestPendingMs: 5000,
        added: 0,
        taken: 0,
        batch: { id: '0-x1y2-7', ageMs: 0, attempt: 2, failures: 0, isLeased: true, dueInMs: 500 },
      },
    ]);
    expect(await backend.read([{ partition: 0, key: a }])).toEqual([
      {
        pending: { '+views': 3, '=title': '"pending"', '@': START - 5000 },
        claimed: { '+views': 10, '@': START - 9000 },
      },
    ]);
    expect(await backend.deadLetters(0, 0, 10)).toMatchObject([
      { entry: { key: a }, reason: 'no such table', attempts: 3, buriedAt: START - 50_000 },
      { entry: { key: b } },
    ]);
  });

  test('keeps its epoch, and takes writes of producers that join', async () => {
    const joined = await backend.join(0, 2);
    expect(joined).toMatchObject({ epoch: 'first-epoch', position: 0 });
    const write = { ...joined, partition: 0, producer: 'p1', number: 1, follows: 0, nonce: 'n' };
    expect(await backend.add({ ...write, entries: [{ key: a, fields: { '+views': 1 } }] })).toEqual({
      status: 'applied',
      position: 1,
      refused: [],
    });
    expect((await backend.read([{ partition: 0, key: a }]))[0]?.pending).toMatchObject({ '+views': 4 });
    expect(await backend.partitionCounts()).toEqual([2]);
    expect(await backend.stats(0)).toMatchObject([{ added: 1, taken: 0 }]);
  });

  test('has leases that go on', async () => {
    expect(await backend.ack(0, '0-x1y2-6 settler')).toBe(true);
    expect(await backend.claim(0, request)).toEqual({ status: 'busy', forMs: 500 });
    expect(await backend.renew(0, '0-x1y2-7 holder', 700)).toBe(true);
    expect(await backend.claim(0, request)).toEqual({ status: 'busy', forMs: 700 });
    expect(await backend.nack(0, '0-x1y2-7 holder', { reason: 'busy', isVerdict: true, delayMs: 100 })).toBe(
      true,
    );
    now += 100;
    const { batch, leaseToken } = await lease('second');
    expect(batch).toMatchObject({ id: '0-x1y2-7', attempt: 3, failures: 1, ageMs: 0, remaining: 2 });
    now += 10;
    expect((await lease('second')).batch.ageMs).toBe(10);
    expect(await backend.bury(0, leaseToken, [{ index: 1, reason: 'bad' }])).toBe(true);
    expect((await backend.deadLetters(0, 2, 10))[0]).toMatchObject({ id: '0-x1y2-7/000001', attempts: 3 });
  });

  test('says nothing of who holds a lease that it made after this version did', async () => {
    now += 500;
    await lease('new');
    expect(await backend.stats(0)).toMatchObject([{ batch: { worker: 'worker', leasedForMs: 0 } }]);
    await client.hset(keys.batch, { token: 'older', attempt: '4', due: `${now + 1000}`, wait: '1000' });
    const [stats] = await backend.stats(0);
    expect(stats).toMatchObject({ batch: { isLeased: true, attempt: 4 } });
    expect(stats).not.toHaveProperty('batch.worker');
  });

  test('is drained and redriven to the last increment, and older titles replace no newer ones', async () => {
    const ids = ['0-x1y2-5/000000', '0-x1y2-5/000001'];
    expect(await backend.redrive(0, ids)).toEqual(ids);
    now += 500;
    expect(await drained()).toMatchObject([
      [a, { '+views': 10 }],
      [b, { '+views': 20, '=title': '"claimed"' }],
    ]);
    expect(await drained()).toEqual([
      [a, { '+views': 103, '=title': '"pending"', '@': START - 60_000 }],
      [c, { '+views': 4, '@': START - 4000 }],
      [b, { '+views': 100, '@': START - 60_000 }],
    ]);
    expect(await backend.partitions(0)).toEqual([]);
  });
});

describe('what a newer version wrote', () => {
  const refused = { code: 'ERR_SLUICE_BACKEND_CORRUPT', retryable: false, outcome: 'refused' };

  test('in a record: the write is refused, those of other producers are not', async () => {
    const joined = await backend.join(0, 2);
    await client.hset(keys.state, 'p:new', 'v2 1 1 n []');
    const write = { ...joined, partition: 0, number: 1, follows: 0, nonce: 'n', entries: [] };
    await expect(backend.add({ ...write, producer: 'new' })).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/state has a record of the producer new that cannot be read.*upgrade/),
    });
    expect(await client.hget(keys.state, 'p:new')).toBe('v2 1 1 n []');
    expect(await backend.add({ ...write, producer: 'other' })).toMatchObject({ status: 'applied' });
  });

  test('in the state of a partition: nothing is joined, written or claimed', async () => {
    const joined = await backend.join(0, 2);
    await client.hset(keys.state, 'applied', '1/2', 'batches', '1/2');
    await client.rpush(keys.pending, a);
    const write = { ...joined, partition: 0, producer: 'p', number: 1, follows: 0, nonce: 'n', entries: [] };
    const calls = await Promise.allSettled([
      backend.join(0, 2),
      backend.add(write),
      backend.claim(0, request),
    ]);
    for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: refused });
    expect(await client.llen(keys.pending)).toBe(1);
  });

  test('in a batch: it is not leased again, nor read', async () => {
    await firstVersion();
    await client.hset(keys.batch, 'due', 'tomorrow');
    const message = expect.stringMatching(/batch has a field "due" that is no number/);
    await expect(backend.claim(0, request)).rejects.toMatchObject({ ...refused, message });
    await expect(backend.stats(0)).rejects.toMatchObject({ ...refused, message });
    await client.hdel(keys.batch, 'payload');
    await expect(backend.read([{ partition: 0, key: a }])).rejects.toMatchObject(refused);
  });

  test('in an entry: it is claimed as corrupt, and is a dead letter that stays one', async () => {
    await firstVersion();
    await client.hset(keys.entries, c, '{"+views":"4","^new":"1"}');
    await expect(backend.read([{ partition: 0, key: c }])).rejects.toMatchObject({
      code: 'ERR_SLUICE_CORRUPT_ENTRY',
      message: expect.stringMatching(/newer version/),
    });
    now += 500;
    await drained();
    const { batch, leaseToken } = await lease('second');
    expect(batch.entries[1]).toMatchObject({ key: c, corrupt: expect.stringMatching(/newer version/) });
    await backend.bury(0, leaseToken, [{ index: 1, reason: 'unknown' }]);
    const ids = [`${batch.id}/000001`];
    expect(await backend.redrive(0, ids)).toEqual([]);
    expect(await client.hget(keys.dead, ids[0] ?? '')).toContain('{"+views":"4","^new":"1"}');
  });
});
