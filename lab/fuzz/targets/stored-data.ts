import { type Backend, type Buffer, createBuffer, type Sink, SluiceError } from '@sluice/core';
import { redis } from '@sluice/redis';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { Keys, type PartitionKeys } from '../../../packages/redis/src/keys.js';
import { snippet } from '../hostile.js';
import { expectNumbers, expectUsable } from '../promises.js';
import { type Target, target } from '../target.js';
import { storedEntry, storedKey } from './decoders.js';

const all = new Keys('fuzz');
const keys = all.of(0);

/** What another program did to a key. */
interface Damage {
  readonly key: keyof PartitionKeys | 'counts';
  readonly how: 'item' | 'field' | 'all fields' | 'another type';
  readonly field: string;
  readonly text: string;
}

const BATCH_FIELDS = [
  'id',
  'token',
  'attempt',
  'due',
  'wait',
  'number',
  'size',
  'failures',
  'madeAt',
  'oldest',
  'error',
  'failingSince',
  'payload',
];
const STATE_FIELDS = ['epoch', 'applied', 'floor', 'cursor', 'noted', 'batches', 'settled'];

const numbers = fc.constantFrom(
  '0',
  '-1',
  '1.5',
  '9007199254740991',
  '9007199254740993',
  '9'.repeat(400),
  'x',
  '',
);
const payload = fc.array(fc.oneof(storedKey, storedEntry), { maxLength: 5 }).map((lines) => lines.join('\n'));
const text = fc.oneof(snippet, storedEntry, storedKey, numbers, payload, fc.constant('y'.repeat(1_000_000)));

const damage: fc.Arbitrary<Damage> = fc.record({
  key: fc.constantFrom('entries', 'pending', 'batch', 'dead', 'deadOrder', 'state', 'counts'),
  how: fc.constantFrom('item', 'item', 'field', 'field', 'all fields', 'another type'),
  field: fc.oneof(
    fc.constantFrom(...BATCH_FIELDS, ...STATE_FIELDS, '["Page","path","/0"]', 'p:x'),
    snippet,
    storedKey,
  ),
  text,
});

/** A Redis server of which another program writes to the keys. */
export class StoredData implements AsyncDisposable {
  readonly targets: readonly Target[];
  readonly #server: RedisServer;
  readonly #client: Redis;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.#client = new Redis(server.url, { lazyConnect: true });
    const damages = fc.array(damage, { minLength: 1, maxLength: 4 });
    this.targets = [target('stored data, on Redis', damages, (each) => this.#run(each), 0.01)];
  }

  static async open(): Promise<StoredData> {
    return new StoredData(await startRedisServer());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.disconnect();
    await this.#server.stop();
  }

  async #run(damages: readonly Damage[]): Promise<void> {
    await this.#prepare();
    for (const each of damages) await this.#damage(each);
    const backend = redis({ client: this.#client, prefix: 'fuzz' });
    await using buffer = bufferOn(backend, applyAll);
    for (const [name, call] of Object.entries(CALLS)) {
      try {
        expectNumbers(await call(buffer, backend));
      } catch (error) {
        if (!isPromised(error)) throw new Error(`${name}: an error of the wrong kind`, { cause: error });
      }
    }
  }

  /** Pending entries, a batch that is leased, and a dead letter. */
  async #prepare(): Promise<void> {
    await this.#client.flushall();
    const backend = redis({ client: this.#client, prefix: 'fuzz' });
    await using buffer = bufferOn(backend, rejectFirst);
    await count(buffer);
    await buffer.processPending();
    await count(buffer);
    await buffer.claim(0);
    await count(buffer);
  }

  async #damage({ key, how, field, text }: Damage): Promise<void> {
    const name = key === 'counts' ? (all.partitionCounts[0] as string) : keys[key];
    const client = this.#client;
    const type = await client.type(name);
    if (how === 'another type') {
      await client.set(name, text);
    } else if (type === 'hash') {
      const fields =
        how === 'all fields'
          ? await client.hkeys(name)
          : [how === 'item' ? await firstField(client, name) : field];
      for (const each of fields) await client.hset(name, each, text);
    } else if (type === 'list') {
      how === 'item' ? await client.lset(name, 0, text) : await client.lpush(name, text);
    } else if (type === 'zset') {
      await client.zadd(name, 0, text);
    } else if (type === 'set') {
      await client.sadd(name, text);
    }
  }
}

async function count(buffer: Buffer): Promise<void> {
  await Promise.all(
    [0, 1, 2].map((n) =>
      buffer.incr('Page', { views: 1 }, { path: `/${n}` }, { title: 'a', at: new Date(n) }),
    ),
  );
}

async function firstField(client: Redis, name: string): Promise<string> {
  const [first = ''] = await client.hkeys(name);
  return first;
}

const rejectFirst = async () => ({ rejected: [{ index: 0, reason: 'bad' }] });

/** Whatever a program writes to the keys is corrupt, and neither breaks a script nor keeps the server busy. */
function isPromised(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return false;
  const codes = [
    'ERR_SLUICE_BACKEND_CORRUPT',
    'ERR_SLUICE_CORRUPT_ENTRY',
    'ERR_SLUICE_OVERFLOW',
    'ERR_SLUICE_PARTITIONS_FAILED',
  ];
  if (codes.includes(error.code)) return true;
  return (
    ['ERR_SLUICE_WRITE_FAILED', 'ERR_SLUICE_WRITE_LOST'].includes(error.code) &&
    (error.cause === undefined || isPromised(error.cause))
  );
}

function bufferOn(backend: Backend, sink: Sink): Buffer {
  const logger = { warn() {}, error() {} };
  const limits = { writeTimeoutMs: 100, maxAttempts: 1, giveUpAfterMs: 0 };
  return createBuffer({ backend, partitions: 1, sink, logger, ...limits });
}

const applyAll: Sink = async ({ entries }) => {
  for (const entry of entries) expectUsable(entry);
};

/** All that is done with a partition, from what only reads to what ends it. */
const CALLS: Readonly<Record<string, (buffer: Buffer, backend: Backend) => Promise<unknown>>> = {
  stats: (buffer) => buffer.stats(),
  partitions: (_, backend) => backend.partitions(1),
  'dead letters': (buffer) => buffer.deadLetters.list(),
  get: (buffer) => buffer.get('Page', ['views'], { path: '/0' }),
  incr: (buffer) => buffer.incr('Page', { views: 1 }, { path: '/0' }),
  'incr of a new target': (buffer) => buffer.incr('Page', { views: 1 }, { path: '/new' }),
  redrive: (buffer) => buffer.deadLetters.redrive('all'),
  'give up': (buffer) => buffer.giveUp(0),
  process: (buffer) => buffer.processPending(),
  discard: (buffer) => buffer.deadLetters.discard('all'),
};
