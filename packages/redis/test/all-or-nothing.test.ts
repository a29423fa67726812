import type { Backend } from '@sluice/core';
import { BackendError, type ClaimRequest, type Position, type StoredEntry } from '@sluice/core/backend';
import { type RedisClient, redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { toBackendError } from '../src/errors.js';
import { Keys } from '../src/keys.js';
import { loadScripts } from '../src/scripts.js';

// Redis does not roll a script back: one that stops in the middle would lose or double what it was moving. Here each
// script is stopped at every command, and at every key.

const server = await startRedisServer();
const admin = new Redis(server.url);
await admin.acl('SETUSER', 'user', 'on', '>pass', '~*', '+@all');
const client = new Redis(server.url, { username: 'user', password: 'pass' });
afterAll(async () => {
  client.disconnect();
  admin.disconnect();
  await server.stop();
});

let now = 0;
const clock = { now: () => now };
async function reset(): Promise<void> {
  now = 1_000_000;
  await admin.flushall();
  // A join announces the number of partitions first, which is no part of its script.
  for (const key of allKeys.partitionCounts) await admin.sadd(key, '4');
}
const backend = redis({ client, clock });
const byServerTime = redis({ client });
const allKeys = new Keys('sluice');
const keys = allKeys.of(0);

type Script = keyof ReturnType<typeof loadScripts>;
type Call = (backend: Backend) => Promise<unknown>;

/** A state to begin with, and the call to stop. */
interface Situation {
  readonly script: Script;
  readonly when: string;
  readonly prepare: () => Promise<Call>;
}

const page = (n: number, more: StoredEntry['fields'] = {}): StoredEntry => ({
  key: `["Page","n",${n}]`,
  fields: { '+views': 10 ** n, ...more },
});
const claim = (claimToken: string, more: Partial<ClaimRequest> = {}) =>
  backend.claim(0, {
    size: 100,
    bytes: 10_000,
    leaseMs: 1000,
    batchIdPrefix: '0-b',
    claimToken,
    worker: 'worker',
    early: false,
    ...more,
  });

async function leased(token: string, more: Partial<ClaimRequest> = {}): Promise<string> {
  const claimed = await claim(token, more);
  if (claimed.status !== 'leased') throw new Error(`expected a lease, got ${claimed.status}`);
  return claimed.leaseToken;
}

function writes(joined: Position): (number: number, entries: readonly StoredEntry[]) => Call {
  return (number, entries) => (by) =>
    by.add({
      ...joined,
      partition: 0,
      producer: 'p',
      number,
      follows: number - 1,
      nonce: `${number}`,
      entries,
    });
}

/** Three pages in the first write. */
async function pending(): Promise<ReturnType<typeof writes>> {
  const write = writes(await backend.join(0, 4));
  await write(1, [page(0), page(1, { '=title': '"old"' }), page(2)])(backend);
  return write;
}

async function buried(): Promise<string[]> {
  await pending();
  const burials = [0, 1].map((index) => ({ index, reason: 'bad' }));
  await backend.bury(0, await leased('buried'), burials);
  return (await backend.deadLetters(0, 0, 10)).map(({ id }) => id);
}

const situations: Situation[] = [
  { script: 'join', when: 'nothing is there', prepare: async () => (by) => by.join(0, 4) },
  {
    script: 'join',
    when: 'there are many records, of which some are to be forgotten',
    async prepare() {
      await pending();
      const records = Array.from({ length: 1200 }, (_, i) => [`p:old-${i}`, `1 ${i + 1} n []`]);
      await admin.hset(keys.state, 'floor', '600', 'noted', '900', 'applied', '1300', ...records.flat());
      return (by) => by.join(0, 4);
    },
  },
  {
    script: 'add',
    when: 'nothing is pending',
    async prepare() {
      const write = writes(await backend.join(0, 4));
      return write(1, [page(3), page(4)]);
    },
  },
  {
    script: 'add',
    when: 'one target is new, and one has an entry',
    prepare: async () => (await pending())(2, [page(0), page(3)]),
  },
  {
    script: 'claim',
    when: 'there is no batch',
    async prepare() {
      await pending();
      return (by) =>
        by.claim(0, {
          size: 2,
          bytes: 10_000,
          leaseMs: 1000,
          batchIdPrefix: '0-b',
          claimToken: 't',
          worker: 'worker',
          early: false,
        });
    },
  },
  ...(['the lease ran out', 'the clock was set back', 'the batch waits'] as const).map(
    (when): Situation => ({
      script: 'claim',
      when,
      async prepare() {
        await pending();
        const token = await leased('first', { size: 2 });
        const wait = { reason: 'busy', isVerdict: true, delayMs: 5000 };
        if (when === 'the batch waits') await backend.nack(0, token, wait);
        now += when === 'the lease ran out' ? 1000 : when === 'the clock was set back' ? -500_000 : 1;
        return (by) =>
          by.claim(0, {
            size: 2,
            bytes: 10_000,
            leaseMs: 1000,
            batchIdPrefix: '0-b',
            claimToken: 't',
            worker: 'worker',
            early: true,
          });
      },
    }),
  ),
  ...(['entries wait', 'nothing is pending'] as const).map(
    (when): Situation => ({
      script: 'claim',
      when: `the batch is applied, and ${when}`,
      async prepare() {
        await pending();
        const token = await leased('first', { size: when === 'nothing is pending' ? 3 : 1 });
        return (by) =>
          by.ackAndClaim(0, token, {
            size: 1,
            bytes: 10_000,
            leaseMs: 1000,
            batchIdPrefix: '0-b',
            claimToken: 't',
            worker: 'worker',
            early: false,
          });
      },
    }),
  ),
  ...Object.entries({
    renew: (by: Backend, token: string) => by.renew(0, token, 9000),
    ack: (by: Backend, token: string) => by.ack(0, token),
    nack: (by: Backend, token: string) => by.nack(0, token, { reason: 'x', isVerdict: true, delayMs: 5 }),
    bury: (by: Backend, token: string) => by.bury(0, token, [{ index: 1, reason: 'bad' }]),
    read: (by: Backend) => by.read([{ partition: 0, key: page(0).key }]),
    stats: (by: Backend) => by.stats(1),
  }).map(
    ([script, call]): Situation => ({
      script: script as Script,
      when: 'there are a batch and pending entries',
      async prepare() {
        await pending();
        const token = await leased('t', { size: 2 });
        return (by) => call(by, token);
      },
    }),
  ),
  {
    script: 'release',
    when: 'no replica has the claim',
    async prepare() {
      await pending();
      const token = await leased('t');
      return async (by) => {
        const { source } = loadScripts().release;
        const text = by === blind ? source.replaceAll('redis.acl_check_cmd', 'nil') : source;
        try {
          return await client.eval(text, 1, keys.batch, by === byServerTime ? '' : now, token);
        } catch (error) {
          throw toBackendError(error, true);
        }
      };
    },
  },
  { script: 'stats', when: 'nothing is there', prepare: async () => (by) => by.stats(1) },
  {
    script: 'stats',
    when: 'an older version left entries',
    async prepare() {
      await backend.join(0, 4);
      await admin.hset(keys.entries, page(0).key, '{"+views":"1","@":"5"}');
      await admin.rpush(keys.pending, page(0).key);
      return (by) => by.stats(1);
    },
  },
  {
    script: 'deadLetters',
    when: 'there are some',
    prepare: async () => {
      await buried();
      return (by) => by.deadLetters(0, 0, 10);
    },
  },
  {
    script: 'discard',
    when: 'there are some',
    prepare: async () => {
      const ids = await buried();
      return (by) => by.discard(0, ids);
    },
  },
  {
    script: 'redrive',
    when: 'one target is in the batch, and one is pending',
    async prepare() {
      const ids = await buried();
      const write = writes(await backend.join(0, 4));
      await write(2, [page(1, { '=title': '"new"' })])(backend);
      await leased('t');
      await write(3, [page(0), page(1)])(backend);
      return (by) => by.redrive(0, ids);
    },
  },
];

/** All that the server holds. DUMP would also show the order in which it happens to keep a hash. */
async function contents(): Promise<unknown> {
  const reads = {
    string: (key: string) => admin.get(key),
    hash: (key: string) => admin.hgetall(key),
    list: (key: string) => admin.lrange(key, 0, -1),
    set: async (key: string) => (await admin.smembers(key)).sort(),
    zset: (key: string) => admin.zrange(key, '0', '-1', 'WITHSCORES'),
  };
  const names = (await admin.keys('*')).sort();
  return Promise.all(
    names.map(async (name) => [name, await reads[(await admin.type(name)) as keyof typeof reads](name)]),
  );
}

/** The dead letters, and the sums of all that is there, dead letters included. */
async function drained(): Promise<{ dead: number; sums: Record<string, number>; unreadable: number }> {
  const ids = (await backend.deadLetters(0, 0, 100)).map(({ id }) => id);
  expect(await backend.redrive(0, ids)).toEqual(ids);
  const sums: Record<string, number> = {};
  let unreadable = 0;
  for (;;) {
    now += 1_000_000;
    const claimed = await claim(`drain-${now}`);
    if (claimed.status !== 'leased') break;
    for (const entry of claimed.batch.entries) {
      if ('corrupt' in entry) unreadable += 1;
      else sums[entry.key] = (sums[entry.key] ?? 0) + Number(entry.fields['+views']);
    }
    expect(await backend.ack(0, claimed.leaseToken)).toBe(true);
  }
  return { dead: ids.length, sums, unreadable };
}

/** What there is to drain if nothing stops the call. Leaves nothing behind. */
async function undisturbed({ prepare }: Situation): Promise<unknown> {
  await reset();
  await (await prepare())(backend);
  const all = await drained();
  await reset();
  return all;
}

async function failureOf(call: Promise<unknown>): Promise<BackendError | undefined> {
  try {
    await call;
  } catch (error) {
    expect(error).toBeInstanceOf(BackendError);
    return error as BackendError;
  }
  return undefined;
}

function commandsOf(script: Script): string[] {
  const calls = loadScripts()[script].source.matchAll(/call(?:_in_chunks)?\('([A-Z]+)'/g);
  return [...new Set([...calls].map(([, name = '']) => name))];
}

/** A client that sends scripts as Redis 6.2 sees them: there is no way to ask for rights. */
const blind = redis({
  clock,
  client: {
    ...({
      sadd: (key, member) => client.sadd(key, member),
      smembers: (key) => client.smembers(key),
    } as RedisClient),
    evalsha: () => Promise.reject(Object.assign(new Error('NOSCRIPT'), { name: 'ReplyError' })),
    eval: (source, ...words) => client.eval(source.replaceAll('redis.acl_check_cmd', 'nil'), ...words),
  },
});

const scripts = Object.keys(loadScripts()) as Script[];
const deny = (command: string) => admin.acl('SETUSER', 'user', `-${command.toLowerCase()}`);
const allowAll = () => admin.acl('SETUSER', 'user', '+@all');

describe.each(scripts)('%s', (script) => {
  const own = situations.filter((situation) => situation.script === script);

  test.each(commandsOf(script))('without the right to %s it changes nothing', async (command) => {
    let failures = 0;
    for (const situation of own) {
      const all = await undisturbed(situation);
      const call = await situation.prepare();
      const before = await contents();
      await deny(command);
      const failure = await failureOf(call(command === 'TIME' ? byServerTime : backend));
      await allowAll();
      if (failure !== undefined) {
        failures += 1;
        expect(failure).toMatchObject({ code: 'ERR_SLUICE_BACKEND_DENIED', retryable: false });
        expect(await contents()).toEqual(before);
        await call(backend);
      }
      expect(await drained(), situation.when).toEqual(all);
    }
    expect(failures, 'situations in which the command is needed').toBeGreaterThan(0);
  });

  test.each(commandsOf(script))(
    'on Redis 6.2, without the right to %s, it loses and doubles nothing',
    async (command) => {
      for (const situation of own) {
        const all = await undisturbed(situation);
        const call = await situation.prepare();
        await deny(command);
        const failure = await failureOf(call(blind));
        await allowAll();
        if (failure !== undefined) await call(blind);
        expect(await drained(), situation.when).toEqual(all);
      }
    },
  );

  test.each(Object.entries(keys))(
    'where another program uses the key %s it changes nothing',
    async (_, key) => {
      for (const situation of own) {
        const all = await undisturbed(situation);
        const call = await situation.prepare();
        const own = (await admin.exists(key)) === 1 ? await admin.dumpBuffer(key) : undefined;
        await admin.set(key, 'text of another program');
        const before = await contents();
        const failure = await failureOf(call(backend));
        if (failure !== undefined) {
          expect(failure).toMatchObject({ code: 'ERR_SLUICE_BACKEND_CORRUPT', outcome: 'refused' });
          expect(await contents()).toEqual(before);
        }
        await admin.del(key);
        if (own !== undefined) await admin.restore(key, 0, own);
        if (failure !== undefined) await call(backend);
        expect(await drained(), situation.when).toEqual(all);
      }
    },
  );

  test('at maxmemory it changes nothing, or all', async () => {
    for (const situation of own) {
      const all = await undisturbed(situation);
      const call = await situation.prepare();
      const before = await contents();
      await admin.config('SET', 'maxmemory', '1');
      const failure = await failureOf(call(backend));
      await admin.config('SET', 'maxmemory', '0');
      if (failure !== undefined) {
        expect(['join', 'add', 'redrive']).toContain(script);
        expect(failure).toMatchObject({ code: 'ERR_SLUICE_BACKEND_FULL', outcome: 'refused' });
        expect(await contents()).toEqual(before);
        await call(backend);
      }
      expect(await drained(), situation.when).toEqual(all);
    }
  });
});
