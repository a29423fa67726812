import { type Buffer, createBuffer, type Sink } from '@sluice/core';
import { redis } from '@sluice/redis';
import { type RedisNode, startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import calculateSlot from 'cluster-key-slot';
import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Keys } from '../src/keys.js';
import { additionsIn, lessened, type Rules, usersIn, wordsOf } from './support/acl.js';

// The users are those that the page has: each does its part, and nothing else, and without any one right it cannot.

const server = await startRedisServer({ 'repl-diskless-sync-delay': '0' });
const admin = new Redis(server.url);
const ofAdmin = redis({ client: admin });
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
afterEach(() => warn.mockClear());
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

const users = usersIn('security.md');
const additions = additionsIn('security.md');
const allKeys = new Keys('sluice');
const keys = allKeys.of(0);
const allRules = (user: string): Rules => users.get(user) ?? [];
const passwordOf = (user: string): string =>
  wordsOf(allRules(user))
    .find((word) => word.startsWith('>'))
    ?.slice(1) ?? '';
const setUser = (user: string, rules: Rules) => admin.acl('SETUSER', user, ...wordsOf(rules));

const quiet = { warn() {}, error() {} };
const page = (n: number) => ({ path: `/${n}` });

function bufferOf(url: string, sink?: Sink): Buffer {
  const retries = { maxAttempts: 2, giveUpAfterMs: 0, retryDelay: () => 0, writeTimeoutMs: 1 };
  const options = { partitions: 1, batchSize: 2, logger: quiet, lingerMs: 0, ...retries };
  return createBuffer({ backend: redis({ url }), ...options, ...(sink && { sink }) });
}

const count = (buffer: Buffer, pages: readonly number[]): Promise<unknown> =>
  Promise.all(pages.map((n) => buffer.incr('Page', { views: 1 }, page(n), { title: 'a' })));

const rejectFirst: Sink = async () => ({ rejected: [{ index: 0, reason: 'bad' }] });

/** Whatever users did before is gone. */
async function asAdmin(prepare: (buffer: Buffer) => Promise<unknown>): Promise<void> {
  await admin.flushall();
  await admin.script('FLUSH');
  const buffer = bufferOf(server.url, rejectFirst);
  await prepare(buffer);
  await buffer.close();
  // What an older version left in a partition of which nobody else knows.
  const { entries, pending, state } = allKeys.of(3);
  await admin.sadd(allKeys.olderPartitions, '3');
  await admin.hset(entries, '["Page","path","/old"]', '{"+views":"1","@":"1"}');
  await admin.rpush(pending, '["Page","path","/old"]');
  await admin.hset(state, 'epoch', 'old');
  await admin.script('FLUSH');
}

async function validate(buffer: Buffer): Promise<void> {
  expect(await buffer.validate()).toMatchObject({ durability: 'none' });
}

/** What a user does, on data that is there. Rejects if it cannot. */
interface Part {
  prepare(): Promise<void>;
  /** @param url has the name and the password of the user */
  run(url: string): Promise<void>;
}

const PARTS: Readonly<Record<string, Part>> = {
  'sluice-producer': {
    async prepare() {
      await asAdmin((buffer) => count(buffer, [0]));
      // So many that some are forgotten.
      const records = Array.from({ length: 1001 }, (_, i) => [`p:old-${i}`, `1 ${i + 1} n []`]);
      await admin.hset(keys.state, 'floor', '1100', 'noted', '1200', 'applied', '1300', ...records.flat());
    },
    async run(url) {
      const buffer = bufferOf(url);
      try {
        await count(buffer, [0, 1]);
        expect(await buffer.get('Page', ['views'], page(0))).toEqual({ views: 2 });
        await validate(buffer);
      } finally {
        await buffer.close();
      }
    },
  },

  'sluice-worker': {
    prepare: () => asAdmin((buffer) => count(buffer, [0, 1, 2, 3, 4])),
    async run(url) {
      let calls = 0;
      const buffer = bufferOf(url, async (batch, context) => {
        calls += 1;
        if (calls === 1) throw new Error('away');
        return calls === 2 ? rejectFirst(batch, context) : undefined;
      });
      try {
        expect(await buffer.processPending(0)).toMatchObject({ retried: 1 });
        expect(await buffer.processPending()).toMatchObject({ entries: 5, buried: 1 });
        expect(await buffer.processPending()).toMatchObject({ batches: 0 });
        await validate(buffer);
      } finally {
        await buffer.close();
      }
    },
  },

  'sluice-operator': {
    prepare: () =>
      asAdmin(async (buffer) => {
        // Two dead letters, of pages 0 and 1; then a batch that waits, and what is pending behind it.
        for (const n of [0, 1]) {
          await count(buffer, [n]);
          await buffer.processPending();
        }
        await count(buffer, [2, 3, 4]);
        const claim = await buffer.claim(0);
        if (claim.status === 'leased') await ofAdmin.nack(0, claim.lease.token, WAIT);
      }),
    async run(url) {
      const buffer = bufferOf(url, async () => {});
      try {
        expect(await buffer.stats()).toMatchObject({ pending: 2, claimed: 2, dead: 2 });
        expect(await buffer.get('Page', ['views'], page(2))).toEqual({ views: 1 });
        const [first, second] = await buffer.deadLetters.list();
        expect(await buffer.deadLetters.redrive([first?.id ?? ''])).toBe(1);
        expect(await buffer.deadLetters.discard([second?.id ?? ''])).toBe(1);
        expect(await buffer.giveUp(0)).toMatchObject({ status: 'settled', buried: 2 });
        expect(await buffer.stats()).toMatchObject({ pending: 3, claimed: 0, dead: 2 });
        await validate(buffer);
      } finally {
        await buffer.close();
      }
    },
  },
};

const WAIT = { reason: 'away', isVerdict: true, delayMs: 60_000 };

const urlOf = (user: string): string => server.url.replace('//', `//${user}:${passwordOf(user)}@`);

test('the page has a user for each part', () => {
  expect(Object.keys(PARTS).filter((user) => !users.has(user))).toEqual([]);
});

describe.each(Object.entries(PARTS))('%s', (user, { prepare, run }) => {
  test('can do its part, and is refused nothing meanwhile', async () => {
    await setUser(user, allRules(user));
    await admin.acl('LOG', 'RESET');
    await prepare();
    await run(urlOf(user));
    expect(await admin.acl('LOG')).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  test('needs each of its rights', async () => {
    const needless: string[] = [];
    for (const { without, rules } of lessened(allRules(user))) {
      await prepare();
      await setUser(user, rules);
      await admin.acl('LOG', 'RESET');
      const failure = await run(urlOf(user)).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) needless.push(without);
      else if (!isDenial(failure) && String(await admin.acl('LOG')) === '') throw failure;
    }
    expect(needless).toEqual([]);
  });

  test('can do nothing else', async () => {
    await setUser(user, allRules(user));
    const named = allRules(user).flatMap((rule) => (typeof rule === 'string' ? [rule] : rule));
    const allowed = named.filter((word) => word.startsWith('+')).map((word) => word.slice(1));
    for (const command of await commandsOf()) {
      const foreign = await verdicts(user, command, [
        'other',
        'sluice',
        'sluice2:{0-113}:entries',
        'a:sluice:{0-113}:batch',
      ]);
      const own = await verdicts(user, command, [...Object.values(keys), ...allKeys.partitionCounts]);
      if (own.includes('OK') && !FOR_ALL.has(command.name)) expect(allowed).toContain(command.name);
      if (foreign.includes('OK')) expect([...FOR_ALL, 'info', 'config|get', 'time']).toContain(command.name);
    }
  });
});

describe('beside these, as the page says,', () => {
  const user = 'sluice-producer';
  const rulesFor = (when: string): Rules => [...allRules(user), ...(additions.get(when) ?? [])];

  /** Whether counting works with all rights that a row of the table adds, and without each of them. */
  async function expectNeeded(
    when: string,
    set: (rules: Rules) => Promise<unknown>,
    run: () => Promise<unknown>,
  ): Promise<void> {
    const own = additions.get(when) ?? [];
    await set(rulesFor(when));
    await run();
    for (const { without, rules } of lessened(own)) {
      await set([...allRules(user), ...rules]);
      await expect(run(), without).rejects.toThrow();
    }
  }

  const counting = async (url: string): Promise<void> => {
    const buffer = bufferOf(url);
    try {
      await count(buffer, [0]);
      await validate(buffer);
    } finally {
      await buffer.close();
    }
  };

  test('a database other than 0 needs SELECT', () =>
    expectNeeded(
      'a database other than 0',
      (rules) => setUser(user, rules),
      () => counting(`${urlOf(user)}/1`),
    ));

  test('maxPending needs what stats() needs', async () => {
    await admin.flushall();
    await asAdmin((buffer) => count(buffer, [0]));
    const look = async (): Promise<void> => {
      const backend = redis({ url: urlOf(user) });
      await backend.stats(2).finally(() => backend.close());
    };
    await expectNeeded('`maxPending`, for producers', (rules) => setUser(user, rules), look);
  });

  test('durability needs WAIT', async () => {
    await using replica = await startRedisServer({ replicaof: `127.0.0.1 ${server.port}` });
    // A replica that is online has not said yet what it has.
    await admin.set('other', 1);
    await vi.waitUntil(async () => (await admin.wait(1, 1000)) === 1, { timeout: 20_000 });
    const durability = { replicas: 1, timeoutMs: 4000, writes: true };
    const run = async (): Promise<void> => {
      const backend = redis({ url: urlOf(user), durability });
      const buffer = createBuffer({ backend, partitions: 1, writeTimeoutMs: 1, logger: quiet });
      await count(buffer, [0]).finally(() => buffer.close());
    };
    await expectNeeded('`durability`', (rules) => setUser(user, rules), run);
    await replica.stop();
  });

  test('a Redis Cluster needs CLUSTER SLOTS, and ASKING while a slot moves', async () => {
    await using cluster = await startRedisCluster({ masters: 2 });
    const set = (rules: Rules) =>
      Promise.all(cluster.nodes.map((node) => node.call('ACL', 'SETUSER', user, ...wordsOf(rules))));
    const slot = calculateSlot(keys.state);
    const from = await cluster.masterOf(slot);
    await cluster.startMove(slot, cluster.nodes.find((node) => node !== from) as RedisNode);
    const url = cluster.url.replace('//', `//${user}:${passwordOf(user)}@`);
    const run = async (): Promise<void> => {
      const backend = redis({ url });
      await backend
        .join(0, 1)
        .then(() => backend.validate())
        .finally(() => backend.close());
    };
    await expectNeeded('a Redis Cluster, on all its nodes', set, run);
  });
});

/** Scripts ask for rights themselves, so that the server's log does not have what they were refused. */
function isDenial(error: unknown): boolean {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  return code === 'ERR_SLUICE_BACKEND_DENIED' || (cause !== undefined && isDenial(cause));
}

/** What nobody can be refused. */
const FOR_ALL = new Set(['auth', 'hello', 'quit', 'reset']);

interface Command {
  readonly name: string;
  /** As `COMMAND INFO` has it: the words, or at least so many. */
  readonly arity: number;
}

async function commandsOf(): Promise<Command[]> {
  const names = (await admin.call('COMMAND', 'LIST')) as string[];
  const infos = (await admin.call('COMMAND', 'INFO', ...names)) as [string, number][];
  return infos.map(([name, arity]) => ({ name, arity }));
}

/** What the server says of a command on each of the keys, without running it. */
function verdicts(user: string, { name, arity }: Command, on: readonly string[]): Promise<unknown[]> {
  const words = name.split('|');
  return Promise.all(
    on.map((key) => {
      const others = Array.from({ length: Math.abs(arity) - words.length }, () => key);
      // The number of keys stands before them.
      if (/^(eval|evalsha)$/.test(name)) others.splice(0, others.length, 'digest', '1', key);
      return admin.call('ACL', 'DRYRUN', user, ...words, ...others).catch((error: Error) => error.message);
    }),
  );
}
