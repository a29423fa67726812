import { type Backend, SluiceError } from '@sluice/core';
import type { ClaimRequest, StoredBatch } from '@sluice/core/backend';
import { type RedisClient, redis } from '@sluice/redis';
import fc from 'fast-check';
import { leaseOf } from '../../../packages/core/src/processing/lease.js';
import { replyOf } from '../../../packages/redis/src/sentinel-connection.js';
import { redirectionOf, slotsOf } from '../../../packages/redis/src/slots.js';
import { damaged, damagedReply, snippet } from '../hostile.js';
import { expectNumbers, hasCode, unlessPromised } from '../promises.js';
import { type Target, target } from '../target.js';
import { storedEntry, storedKey } from './decoders.js';

/** A backend whose server replies so to whatever it is asked. */
function replying(reply: unknown): Backend {
  const answer = async (): Promise<never> => reply as never;
  const client: RedisClient = {
    evalsha: answer,
    eval: answer,
    sadd: async () => 1,
    smembers: async () => ['1'],
    exists: answer,
    info: answer,
    config: answer,
  };
  return redis({ client });
}

const request: ClaimRequest = {
  size: 10,
  bytes: 1000,
  leaseMs: 1000,
  batchIdPrefix: '0-b',
  claimToken: 't',
  worker: 'worker',
  early: false,
};

const entries = [{ key: '["Page"]', fields: { '+views': 1 } }];
const write = {
  partition: 0,
  epoch: 'e',
  position: 0,
  producer: 'p',
  number: 1,
  follows: 0,
  nonce: 'n',
  entries,
};

const isPromised = (error: unknown): boolean => error instanceof SluiceError;

const line = fc.oneof(storedEntry, storedKey);
const payload = fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n'));
const refusals = damaged(
  fc.constantFrom(
    '[]',
    '[{"index":0,"reason":"overflow","field":"+views"}]',
    '[{"index":7,"reason":"corrupt"}]',
  ),
);
const letter = damaged(
  fc.constantFrom('["Page"]\n{"+views":"1"}\n"bad"\n3\n1763800000000\n7', '["Page"]\n{"+views":"1"}\n"bad"'),
);

/** What each call of the backend gets, before it is damaged. */
const CALLS: Readonly<
  Record<string, readonly [reply: fc.Arbitrary<readonly unknown[]>, (backend: Backend) => Promise<unknown>]>
> = {
  joins: [fc.tuple(fc.constant('p'), snippet, fc.nat()), (backend) => backend.join(0, 1)],
  writes: [
    fc.oneof(
      fc.tuple(fc.constantFrom('applied', 'duplicate'), fc.nat(), refusals).map((reply) => [reply]),
      fc.tuple(fc.constantFrom('gap', 'unknown'), snippet, fc.nat()).map((reply) => [reply]),
      fc.constant([['conflict']]),
      fc.constant([3]),
    ),
    (backend) => backend.add(write),
  ],
  claims: [
    fc.tuple(
      fc.constantFrom('leased', 'busy', 'empty'),
      snippet,
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      payload,
    ),
    async (backend) => {
      const claimed = await backend.claim(0, request);
      if (claimed.status === 'leased') leaseOf(0, claimed.leaseToken, 0, claimed.batch as StoredBatch);
      return claimed;
    },
  ],
  reads: [
    fc.tuple(line, line).map((held) => [1, held]),
    (backend) => backend.read([{ partition: 0, key: '["Page"]' }]),
  ],
  'counts of a partition': [
    fc.tuple(
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      snippet,
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.option(snippet),
      fc.nat(),
      snippet,
      fc.nat(),
    ),
    (backend) => backend.stats(1),
  ],
  'dead letters': [
    fc.array(letter, { maxLength: 3 }).map((letters) => [letters.map((_, i) => `0-a/00000${i}`), letters]),
    async (backend) => {
      const letters = await backend.deadLetters(0, 0, 1);
      for (const { buriedAt } of letters) new Date(buriedAt).toISOString();
      return letters;
    },
  ],
  'ids of redriven letters': [
    fc.tuple(snippet).map((ids) => [1, ids]),
    (backend) => backend.redrive(0, ['0-a/000000']),
  ],
  'ids of discarded letters': [fc.tuple(snippet), (backend) => backend.discard(0, ['0-a/000000'])],
  partitions: [fc.tuple(fc.nat()), (backend) => backend.partitions(1)],
};

const range = fc.tuple(
  fc.oneof(fc.nat(20_000), fc.constantFrom(-1, 1e15, 0.5)),
  fc.oneof(fc.nat(20_000), fc.constantFrom(-1, 1e15, 0.5)),
  damagedReply(fc.tuple(snippet, fc.oneof(fc.nat(70_000), snippet))),
);
const asked = { host: 'localhost', port: 6379 };

/** What reads the replies of servers. */
export const REPLIES: readonly Target[] = [
  ...Object.entries(CALLS).map(([name, [reply, call]]) =>
    target(
      `replies: ${name}`,
      damagedReply(reply),
      async (damagedReplyOf) => {
        try {
          expectNumbers(await call(replying(damagedReplyOf)));
        } catch (error) {
          if (!isPromised(error)) throw new Error('an error of the wrong kind', { cause: error });
        }
      },
      0.2,
    ),
  ),

  target(
    'replies: settings',
    fc.oneof(
      snippet,
      damaged(
        fc.constantFrom(
          'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nrole:master',
          'redis_version:7.0.15\r\nmaxmemory_policy:allkeys-lru\r\nconnected_slaves:2',
          'redis_version:5.0.3',
          `redis_version:7.0.15\r\nmaxmemory_policy:${'x'.repeat(5000)}`,
        ),
      ),
      damagedReply(fc.constant(['save', ''])),
    ),
    async (reply) => {
      const validation = await replying(reply)
        .validate()
        .catch((error: unknown) => {
          if (!isPromised(error) || String(error).length > 1000) throw error;
        });
      if (validation?.advice.some((text) => text.length > 1000)) throw new Error('advice without end');
    },
    0.2,
  ),

  target(
    'replies: slots of a cluster',
    damagedReply(fc.array(damagedReply(range), { maxLength: 3 })),
    (reply) => {
      const slots = unlessPromised(() => slotsOf(reply, asked), hasCode('ERR_SLUICE_BACKEND_PROTOCOL'));
      if (slots !== undefined && slots.length > 16_384) throw new Error(`${slots.length} slots`);
    },
  ),

  target(
    'replies: sentinels',
    fc.tuple(
      damagedReply(fc.constant(['name', 'counters', 'config-epoch', '7'])),
      damagedReply(fc.tuple(fc.constantFrom('127.0.0.1', ''), fc.constantFrom('6379', '0', '70000', 'x'))),
    ),
    ([state, place]) => {
      const isPromised = hasCode('ERR_SLUICE_BACKEND_PROTOCOL');
      const answer = unlessPromised(() => replyOf(state, place), isPromised);
      if (answer !== undefined && !(answer.place.port < 65_536 && answer.place.host !== ''))
        throw new Error(`the place ${answer.place.host}:${answer.place.port}`);
    },
  ),

  target(
    'replies: redirections',
    damaged(fc.constantFrom('MOVED 3999 127.0.0.1:6381', 'ASK 3999 :6381', 'MOVED 1 [::1]:99999')),
    (message) => {
      const cause = Object.assign(new Error(message), { name: 'ReplyError' });
      const redirection = redirectionOf({ cause }, asked);
      if (redirection !== undefined && !(redirection.place.port < 65_536)) throw new Error('no port');
    },
  ),
];
