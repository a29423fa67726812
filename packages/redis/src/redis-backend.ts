import { randomUUID } from 'node:crypto';
import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type Failure,
  type Joined,
  packEntries,
  type StoredDeadLetter,
  type StoredSums,
  type StoredTarget,
  type Write,
} from '@sluice/core/backend';
import type { Connection } from './connection.js';
import { isNoScript } from './errors.js';
import { Keys } from './keys.js';
import { type RedisBackendOptions, resolveOptions } from './options.js';
import {
  addResult,
  claimResult,
  deadLettersOf,
  joinedOf,
  partitionCountsOf,
  partitionsOf,
  statsOf,
  stepOf,
  sumsOf,
} from './replies.js';
import { loadScripts, type Script } from './scripts.js';
import { validateServer } from './validate.js';

/** Partitions that one script looks at, at most: it keeps the server from others meanwhile. */
const PARTITIONS_A_SCRIPT = 128;

/** Producers whose numbers of partitions are remembered, at most: what is forgotten is only not repeated. */
const MOST_COUNTS = 20_000;

/** Characters of target keys or ids that one script gets, at most, unless one is longer. */
const CHARACTERS_A_SCRIPT = 64 * 1024;

/**
 * Makes a backend on a Redis server, 6.2 or later. Nothing is opened until it is used.
 *
 * @example
 * ```ts
 * import { redis } from '@sluice/redis';
 *
 * const buffer = createBuffer({ backend: redis({ url: 'redis://localhost:6379' }), sink });
 * await buffer.validate(); // rejects if the server may drop what is pending
 * ```
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL`, `ERR_SLUICE_UNKNOWN_SCHEME`, or, naming the option,
 * `ERR_SLUICE_INVALID_OPTION`
 */
export function redis(options: RedisBackendOptions): Backend {
  const { connection, prefix, clock } = resolveOptions(options);
  return new RedisBackend(connection, new Keys(prefix), clock);
}

class RedisBackend implements Backend {
  readonly name = 'redis';
  /** A write costs the server some thirty microseconds, most of them for waking up: what goes together is cheaper. */
  readonly lingerMs = 10;
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #clock: Pick<Clock, 'now'> | undefined;
  readonly #scripts = loadScripts();
  /** The number of partitions that producers joined with, by their ids: each write makes sure that readers know it. */
  readonly #counts = new Map<string, number>();

  constructor(connection: Connection, keys: Keys, clock: Pick<Clock, 'now'> | undefined) {
    this.#connection = connection;
    this.#keys = keys;
    this.#clock = clock;
  }

  async join(partition: number, partitions: number): Promise<Joined> {
    const keys = [this.#keys.of(partition).state, this.#keys.partitions, this.#keys.partitionCounts];
    const args = [partition, partitions, randomUUID().slice(0, 8)];
    const joined = joinedOf(await this.#run(this.#scripts.join, keys, args));
    if (this.#counts.size >= MOST_COUNTS) this.#counts.clear();
    this.#counts.set(joined.producer, partitions);
    return joined;
  }

  async add(write: Write): Promise<AddResult> {
    const { partition, epoch, position, producer, number, follows, nonce } = write;
    const { entries, pending, state } = this.#keys.of(partition);
    const keys = [entries, pending, state, this.#keys.partitions, this.#keys.partitionCounts];
    const args = [
      this.#now(),
      partition,
      epoch,
      position,
      producer,
      number,
      follows,
      nonce,
      packEntries(write.entries),
      this.#counts.get(producer) ?? '',
    ];
    return addResult(await this.#run(this.#scripts.add, keys, args));
  }

  async claim(partition: number, request: ClaimRequest): Promise<ClaimResult> {
    return claimResult(await this.#claim(partition, request, ''), request.claimToken);
  }

  async renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    const { batch } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.renew, [batch], [this.#now(), token, leaseMs])) === 1;
  }

  async ack(partition: number, token: string): Promise<boolean> {
    const { batch, state } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.ack, [batch, state], [token])) === 1;
  }

  async ackAndClaim(partition: number, token: string, next: ClaimRequest): Promise<ClaimResult | false> {
    const reply = await this.#claim(partition, next, token);
    return reply === 0 ? false : claimResult(reply, next.claimToken);
  }

  async nack(partition: number, token: string, failure: Failure): Promise<boolean> {
    const { reason, isVerdict, delayMs } = failure;
    const { batch, state } = this.#keys.of(partition);
    const args = [this.#now(), token, delayMs, reason, isVerdict ? 'verdict' : 'outage'];
    return (await this.#run(this.#scripts.nack, [batch, state], args)) === 1;
  }

  async bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    const { batch, state, dead, deadOrder } = this.#keys.of(partition);
    const lines = burials.map(({ index, reason }) => `${index}\n${JSON.stringify(reason)}`).join('\n');
    const keys = [batch, state, dead, deadOrder];
    return (await this.#run(this.#scripts.bury, keys, [this.#now(), token, lines])) === 1;
  }

  async read(targets: readonly StoredTarget[]): Promise<StoredSums[]> {
    const keysByPartition = new Map<number, string[]>();
    const places = targets.map(({ partition, key }) => {
      const keys = keysByPartition.get(partition) ?? [];
      keysByPartition.set(partition, keys);
      return { partition, index: keys.push(key) - 1 };
    });
    // All leave in the same tick, so that the client sends them together.
    const replies = [...keysByPartition].map(async ([partition, targetKeys]) => {
      const { entries, batch } = this.#keys.of(partition);
      const held = await this.#inSteps(this.#scripts.read, [entries, batch], targetKeys);
      return [partition, sumsOf(held)] as const;
    });
    const sums = new Map(await Promise.all(replies));
    return places.map(({ partition, index }) => sums.get(partition)?.[index] as StoredSums);
  }

  async partitionCounts(): Promise<number[]> {
    return partitionCountsOf(
      await this.#connection.run((client) => client.smembers(this.#keys.partitionCounts)),
    );
  }

  async partitions(known: number): Promise<number[]> {
    const candidates = await this.#candidates(known);
    const counts = await this.#lookAt(this.#scripts.busy, candidates, (partition) => {
      const { pending, batch } = this.#keys.of(partition);
      return [pending, batch];
    });
    return candidates.filter((_, i) => counts[i] !== 0);
  }

  async stats(known: number): Promise<PartitionStats[]> {
    const candidates = await this.#candidates(known);
    const replies = await this.#lookAt(this.#scripts.stats, candidates, (partition) => {
      const { entries, pending, batch, deadOrder, state } = this.#keys.of(partition);
      return [entries, pending, batch, deadOrder, state];
    });
    return candidates.flatMap((partition, i) => statsOf(partition, replies[i]));
  }

  async deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    const { dead, deadOrder } = this.#keys.of(partition);
    const letters: StoredDeadLetter[] = [];
    while (letters.length < limit) {
      const range = [offset + letters.length, limit - letters.length];
      const some = deadLettersOf(await this.#run(this.#scripts.deadLetters, [dead, deadOrder], range));
      if (some.length === 0) break;
      letters.push(...some);
    }
    return letters;
  }

  async redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    const { entries, pending, dead, deadOrder, batch, state } = this.#keys.of(partition);
    const keys = [entries, pending, dead, deadOrder, batch, state, this.#keys.partitions];
    return (await this.#inSteps(this.#scripts.redrive, keys, ids, [partition])) as string[];
  }

  async discard(partition: number, ids: readonly string[]): Promise<string[]> {
    const { dead, deadOrder } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.discard, [dead, deadOrder], ids)) as string[];
  }

  validate(): Promise<Validation> {
    return validateServer(this.#connection);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Claims a batch; with the token of a lease, as soon as this one's batch is ended. */
  #claim(partition: number, request: ClaimRequest, applied: string): Promise<unknown> {
    const { size, bytes, leaseMs, batchIdPrefix, claimToken, early } = request;
    const { entries, pending, batch, state } = this.#keys.of(partition);
    const keys = [entries, pending, batch, state, this.#keys.partitions];
    const when = early ? 'early' : 'due';
    const args = [this.#now(), partition, size, bytes, leaseMs, batchIdPrefix, claimToken, when, applied];
    return this.#run(this.#scripts.claim, keys, args);
  }

  /**
   * The partitions that are listed, and those below `known` or a number that producers joined with, in ascending order:
   * either of the two sets may be gone, and nothing pending may be overlooked.
   */
  async #candidates(known: number): Promise<number[]> {
    const [members, counts] = await Promise.all([
      this.#connection.run((client) => client.smembers(this.#keys.partitions)),
      this.partitionCounts(),
    ]);
    const length = Math.max(known, ...counts);
    const below = Array.from({ length }, (_, partition) => partition);
    return [...below, ...partitionsOf(members).filter((partition) => partition >= length)];
  }

  /** Runs a script that looks at many partitions. Resolves with its reply for each. */
  async #lookAt(
    script: Script,
    partitions: readonly number[],
    keysOf: (partition: number) => string[],
  ): Promise<unknown[]> {
    const replies: Promise<unknown>[] = [];
    for (let first = 0; first < partitions.length; first += PARTITIONS_A_SCRIPT) {
      const keys = partitions.slice(first, first + PARTITIONS_A_SCRIPT).flatMap(keysOf);
      replies.push(this.#run(script, keys, [this.#now()]));
    }
    return (await Promise.all(replies)).flatMap((reply) => reply as unknown[]);
  }

  /** Runs a script on a list, as often as it takes: it says how far it came. Resolves with all that it replied. */
  async #inSteps(
    script: Script,
    keys: readonly string[],
    list: readonly string[],
    first: readonly number[] = [],
  ): Promise<unknown[]> {
    const replies: unknown[] = [];
    for (let at = 0; at < list.length; ) {
      const [done, some] = stepOf(await this.#run(script, keys, [...first, ...beginning(list, at)]));
      replies.push(...some);
      at += done;
    }
    return replies;
  }

  /** Runs a script by its digest; a server that lacks it, new or flushed, gets its source. */
  #run(
    { sha1, source }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const words = [...keys, ...args.map(String)];
    return this.#connection.run((client) =>
      client.evalsha(sha1, keys.length, ...words).catch((error: unknown) => {
        if (!isNoScript(error)) throw error;
        return client.eval(source, keys.length, ...words);
      }),
    );
  }

  #now(): string {
    return this.#clock === undefined ? '' : String(this.#clock.now());
  }
}

/** The items from a place on that are not too many for one script to read. */
function beginning(list: readonly string[], from: number): readonly string[] {
  let characters = 0;
  const end = list.findIndex((item, i) => {
    if (i >= from) characters += item.length;
    return i > from && characters > CHARACTERS_A_SCRIPT;
  });
  return list.slice(from, end === -1 ? list.length : end);
}
