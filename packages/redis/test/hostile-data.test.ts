import { type Buffer, createBuffer, type Sink, SluiceError } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Keys } from '../src/keys.js';

// Somebody who can write to the keys wants to keep workers and services busy. A call that took longer than a command may
// (commandTimeoutMs) would fail as one that got no reply.

const TEN_MB = 10_000_000;
const ONE_MB = 1_000_000;
const server = await startRedisServer();
const client = new Redis(server.url);
const all = new Keys('sluice');
const keys = all.of(0);
const [counts = ''] = all.partitionCounts;
const first = '["Page","path","/0"]';
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
const backend = redis({ client });

function bufferWith(sink: Sink): Buffer {
  const limits = { maxAttempts: 1, giveUpAfterMs: 0, writeTimeoutMs: 1, lingerMs: 0 };
  return createBuffer({ backend, partitions: 1, sink, logger: { warn() {}, error() {} }, ...limits });
}

const count = (buffer: Buffer): Promise<unknown> =>
  Promise.all([0, 1, 2].map((n) => buffer.incr('Page', { views: 1 }, { path: `/${n}` }, { title: 'a' })));

/** A dead letter, a batch that waits for its next delivery, and pending entries behind it. */
beforeEach(async () => {
  await client.flushall();
  const buffer = bufferWith(async () => ({ rejected: [{ index: 0, reason: 'bad' }] }));
  await count(buffer);
  await buffer.processPending();
  await count(buffer);
  const claim = await buffer.claim(0);
  const failure = { reason: 'away', isVerdict: true, delayMs: 0 };
  if (claim.status === 'leased') await backend.nack(0, claim.lease.token, failure);
  await count(buffer);
});

/** What each call comes to: `ok`, or the code of its error, or of the backend's. */
async function outcomes(names: readonly string[] = Object.keys(allOk)): Promise<Record<string, string>> {
  const buffer = bufferWith(async () => {});
  const calls: Record<string, () => Promise<unknown>> = {
    stats: () => buffer.stats(),
    list: () => buffer.deadLetters.list(),
    get: () => buffer.get('Page', ['views'], { path: '/0' }),
    incr: () => buffer.incr('Page', { views: 1 }, { path: '/0' }),
    redrive: () => buffer.deadLetters.redrive('all'),
    process: () => buffer.processPending(),
    discard: () => buffer.deadLetters.discard('all'),
  };
  const codes: Record<string, string> = {};
  for (const name of names)
    codes[name] = await (calls[name]?.() ?? Promise.reject()).then(() => 'ok', codeOf);
  await buffer.close();
  return codes;
}

function codeOf(error: unknown): string {
  if (!(error instanceof SluiceError)) return String(error);
  return error.cause instanceof SluiceError ? error.cause.code : error.code;
}

const allOk = { stats: 'ok', list: 'ok', get: 'ok', incr: 'ok', redrive: 'ok', process: 'ok', discard: 'ok' };
const UNREADABLE = 'ERR_SLUICE_CORRUPT_ENTRY';
const CORRUPT = 'ERR_SLUICE_BACKEND_CORRUPT';

describe('ten megabytes', () => {
  test('of rubbish in the entries, the queue, the dead letters and the sets harm what they are in alone', async () => {
    const rubbish = 'y'.repeat(TEN_MB);
    const [id = ''] = await client.hkeys(keys.dead);
    await client.hset(keys.entries, first, rubbish);
    await client.lpush(keys.pending, rubbish);
    await client.hset(keys.dead, id, rubbish);
    await client.zadd(keys.deadOrder, 0, rubbish);
    await client.sadd(counts, rubbish);
    expect(await outcomes(['stats', 'incr', 'process'])).toEqual({
      stats: 'ok',
      incr: UNREADABLE,
      process: 'ok',
    });
  });

  test('of lines in the batch and the settlements', async () => {
    await client.hset(keys.batch, 'payload', '\n'.repeat(TEN_MB));
    expect(await outcomes(['stats', 'incr', 'process'])).toEqual({
      stats: 'ok',
      incr: 'ok',
      process: CORRUPT,
    });
    await client.hset(keys.state, 'settled', 'y\n'.repeat(TEN_MB / 2));
    await client.hset(keys.batch, 'payload', `${first}\n{"+views":"1"}`);
    expect(await outcomes()).toEqual(allOk);
  });

  test("of a reason, and of a worker's name, are shortened", async () => {
    await client.hset(keys.batch, 'error', 'y'.repeat(TEN_MB));
    await client.hset(keys.batch, { token: 't', holder: `t 7 ${'z'.repeat(TEN_MB)}` });
    const buffer = bufferWith(async () => {});
    const [partition] = (await buffer.stats()).partitions;
    expect(partition?.batch?.lastError).toMatch(/^y{5000}$/);
    expect(partition?.batch?.worker).toMatch(/^z{1000}$/);
  });
});

test.each([
  ['digits', `{"+views":"${'9'.repeat(ONE_MB)}"}`],
  ['opening brackets', `{"=title":${JSON.stringify('[['.repeat(ONE_MB / 2))}}`],
  ['quotes', `{"${'\\"'.repeat(ONE_MB / 2)}`],
  ['a name', `{"+${'v'.repeat(ONE_MB)}":"1"}`],
  ['a bigint', `{">id":"b${'9'.repeat(ONE_MB)}"}`],
])('a megabyte of %s in an entry makes it unreadable', async (_, packed) => {
  await client.hset(keys.entries, first, packed);
  expect(await outcomes()).toMatchObject({ stats: 'ok', get: UNREADABLE, process: 'ok', discard: 'ok' });
});

test.each([
  [
    'nested more deeply than anybody writes',
    `{"=title":${JSON.stringify(`{"json":${'['.repeat(4000)}1${']'.repeat(4000)}}`)}}`,
  ],
  ['a date that is none', `{"=at":"{\\"date\\":1e300}"}`],
  ['a number that is not finite', `{"=rate":"1e999"}`],
  ['a bigint that is none', `{"=id":"{\\"bigint\\":\\"0x10\\"}"}`],
  ['a name with a NUL', `{"+a\\u0000b":"1"}`],
  ['an empty name', `{"+":"1"}`],
])('a value that would break a sink, %s, becomes a dead letter alone', async (_, packed) => {
  await client.del(keys.batch);
  await client.hset(keys.entries, first, packed);
  const paths: unknown[] = [];
  const buffer = bufferWith(
    async ({ entries }) => void paths.push(...entries.map(({ filters }) => filters.path)),
  );
  expect(await buffer.processPending()).toMatchObject({ entries: 2, buried: 1 });
  expect(paths).toEqual(['/1', '/2']);
});

test.each([
  ['with its filters in another order', '["Page","b",1,"a",1]'],
  ['with one filter twice', '["Page","a",1,"a",2]'],
  ['with a date that is none', '["Page","at",{"date":1e300}]'],
  ['with a number that is not finite', '["Page","a",1e999]'],
  ['without a name', '["",  "a", 1]'],
  ['with a bigint of a million digits', `["Page","a",{"bigint":"${'9'.repeat(ONE_MB)}"}]`],
])('a target key %s becomes a dead letter', async (_, key) => {
  await client.del(keys.batch);
  await client.lpush(keys.pending, `5\n${key}`);
  await client.hset(keys.entries, key, '{"+views":"1"}');
  const buffer = bufferWith(async () => {});
  expect(await buffer.processPending()).toMatchObject({ entries: 3, buried: 1 });
});

test('a batch that is cut off is corrupt, and is not applied in part', async () => {
  await client.hset(keys.batch, 'payload', `${first}\n{"+views":"1"}\n["Page","path","/1"]`);
  const sink: Sink = async () => expect.fail('it was applied');
  await expect(bufferWith(sink).processPending()).rejects.toMatchObject({ code: CORRUPT });
});

test('a batch of more entries than anybody asks for is corrupt', async () => {
  await client.hset(keys.batch, 'payload', '\n'.repeat(TEN_MB - 1));
  await expect(bufferWith(async () => {}).processPending()).rejects.toMatchObject({ code: CORRUPT });
});

test('what a producer is told of its own write is checked', async () => {
  const { epoch, position, producer } = await backend.join(0, 1);
  const entries = [{ key: first, fields: { '+views': 1 } }];
  const write = { partition: 0, epoch, position, producer, number: 1, follows: 0, nonce: 'n', entries };
  await backend.add(write);
  for (const refused of [
    '[{"index":7,"reason":"overflow"}]',
    '[null]',
    '[1,]',
    '[{"index":0,"reason":"x"}]',
  ]) {
    await client.hset(keys.state, `p:${producer}`, `1 1 n ${refused}`);
    await expect(backend.add(write), refused).rejects.toMatchObject({ code: CORRUPT, outcome: 'unknown' });
  }
});

test('a dead letter has a date and a number of attempts, whatever its lines say', async () => {
  const [id = ''] = await client.hkeys(keys.dead);
  for (const line of ['x', '1e999', '9'.repeat(30), '-1', '']) {
    await client.hset(keys.dead, id, `${first}\n{"+views":"1"}\n{"toString":1}\n${line}\n${line}\n7`);
    const [letter] = await bufferWith(async () => {}).deadLetters.list();
    expect(letter).toMatchObject({
      attempts: 0,
      buriedAt: new Date(0),
      reason: 'The dead letter is unreadable.',
    });
  }
});
