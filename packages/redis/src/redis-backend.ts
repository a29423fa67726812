import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type Fields,
  PRODUCER_LIFETIME_MS,
  pack,
  type StoredDeadLetter,
  unpack,
  type Write,
} from '@sluice/core/backend';
import type { Connection } from './connection.js';
import { isNoScript } from './errors.js';
import { Keys } from './keys.js';
import { type RedisBackendOptions, resolveOptions } from './options.js';
import { addResult, claimResult, deadLettersOf, partitionsOf } from './replies.js';
import { loadScripts, type Script } from './scripts.js';
import { validateServer } from './validate.js';

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
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #clock: Pick<Clock, 'now'> | undefined;
  readonly #scripts = loadScripts();

  constructor(connection: Connection, keys: Keys, clock: Pick<Clock, 'now'> | undefined) {
    this.#connection = connection;
    this.#keys = keys;
    this.#clock = clock;
  }

  async add({ partition, producer, number, entries, newEpoch }: Write): Promise<AddResult> {
    const keys = this.#keys.of(partition);
    // A producer's first write makes its partition known; after a wipe there are first writes again.
    if (number === 1)
      await this.#connection.run((client) => client.sadd(this.#keys.partitions, String(partition)));
    const lines = entries.map(({ key, fields }) => `${key}\n${pack(fields)}`).join('\n');
    const args = [this.#now(), String(number), String(PRODUCER_LIFETIME_MS), newEpoch, lines];
    const touched = [keys.entries, keys.pending, keys.producer(producer), keys.state];
    return addResult(await this.#run(this.#scripts.add, touched, args));
  }

  async claim(
    partition: number,
    { size, leaseMs, batchIdPrefix, claimToken }: ClaimRequest,
  ): Promise<ClaimResult> {
    const { entries, pending, batch, state } = this.#keys.of(partition);
    const args = [this.#now(), String(size), String(leaseMs), batchIdPrefix, claimToken];
    return claimResult(
      await this.#run(this.#scripts.claim, [entries, pending, batch, state], args),
      claimToken,
    );
  }

  async renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    const { batch } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.renew, [batch], [this.#now(), token, String(leaseMs)])) === 1;
  }

  async ack(partition: number, token: string): Promise<boolean> {
    const { batch, state } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.ack, [batch, state], [token])) === 1;
  }

  async nack(partition: number, token: string, delayMs: number): Promise<boolean> {
    const { batch, state } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.nack, [batch, state], [this.#now(), token, String(delayMs)])) === 1;
  }

  async bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    const { batch, state, dead, deadOrder } = this.#keys.of(partition);
    const args = burials.flatMap(({ index, reason }) => [String(index), JSON.stringify(reason)]);
    return (
      (await this.#run(
        this.#scripts.bury,
        [batch, state, dead, deadOrder],
        [this.#now(), token, ...args],
      )) === 1
    );
  }

  async read(partition: number, key: string): Promise<Fields | undefined> {
    const { entries } = this.#keys.of(partition);
    const packed = await this.#connection.run((client) => client.hget(entries, key));
    return packed === null ? undefined : unpack(packed);
  }

  async partitions(): Promise<number[]> {
    const used = await this.#used();
    const busyKeys = (partition: number): string[] => {
      const { pending, batch } = this.#keys.of(partition);
      return [pending, batch];
    };
    // One command handles the common case: an idle worker asks, and nothing is pending.
    if (used.length === 0 || (await this.#exist(used.flatMap(busyKeys))) === 0) return [];
    const counts = await Promise.all(used.map((partition) => this.#exist(busyKeys(partition))));
    return used.filter((_, i) => counts[i] !== 0);
  }

  async stats(): Promise<PartitionStats[]> {
    const used = await this.#used();
    return Promise.all(
      used.map(async (partition) => {
        const { entries, pending, batch, deadOrder } = this.#keys.of(partition);
        const reply = await this.#run(
          this.#scripts.stats,
          [entries, pending, batch, deadOrder],
          [this.#now()],
        );
        const [pendingCount, claimed, dead, oldestPendingMs] = (reply as unknown[]).map(Number) as [
          number,
          number,
          number,
          number,
        ];
        return { partition, pending: pendingCount, claimed, dead, oldestPendingMs };
      }),
    );
  }

  async deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    if (limit === 0) return [];
    const { dead, deadOrder } = this.#keys.of(partition);
    const reply = await this.#run(
      this.#scripts.deadLetters,
      [dead, deadOrder],
      [String(offset), String(limit)],
    );
    return deadLettersOf(reply);
  }

  async redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    const { entries, pending, dead, deadOrder } = this.#keys.of(partition);
    return (await this.#run(this.#scripts.redrive, [entries, pending, dead, deadOrder], ids)) as string[];
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

  /** Runs a script by its digest; a server that lacks it, new or flushed, gets its source. */
  #run({ sha1, source }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#connection.run((client) =>
      client.evalsha(sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
        if (!isNoScript(error)) throw error;
        return client.eval(source, keys.length, ...keys, ...args);
      }),
    );
  }

  async #used(): Promise<number[]> {
    return partitionsOf(await this.#connection.run((client) => client.smembers(this.#keys.partitions)));
  }

  #exist(keys: readonly string[]): Promise<number> {
    return this.#connection.run((client) => client.exists(...keys));
  }

  #now(): string {
    return this.#clock === undefined ? '' : String(this.#clock.now());
  }
}
