import { randomUUID } from 'node:crypto';
import {
  type Backend,
  BackendError,
  type Clock,
  type PartitionStats,
  type UnavailablePartition,
  type Validation,
} from '@sluice/core';
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
import { Calls, type Replicated } from './calls.js';
import type { Connection } from './connection.js';
import { type Durability, notReplicated } from './durability.js';
import { namedError, unavailable } from './errors.js';
import { JoinedWrites } from './joined-writes.js';
import { Keys } from './keys.js';
import { type RedisBackendOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { PartitionCounts } from './partition-counts.js';
import {
  addResult,
  claimResult,
  deadLettersOf,
  idsOf,
  joinedOf,
  statsOf,
  stepOf,
  sumsOf,
  writeReplies,
} from './replies.js';
import { loadScripts, type Script } from './scripts.js';
import { soonest } from './soonest.js';
import { validateServers } from './validate.js';

/** Producers whose numbers of partitions are remembered, at most: what is forgotten is only not repeated. */
const MOST_COUNTS = 20_000;

/** Every so many writes of a producer its number of partitions is announced again: someone may have removed it. */
const WRITES_AN_ANNOUNCEMENT = 16;

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
  return new RedisBackend(resolveOptions(options));
}

class RedisBackend implements Backend {
  readonly name = 'redis';
  /** A write costs the server some thirty microseconds, most of them for waking up: what goes together is cheaper. */
  readonly lingerMs = 10;
  readonly #connection: Connection;
  readonly #replicating: Connection;
  readonly #calls: Calls;
  readonly #durability: Durability | undefined;
  readonly #listeners: ResolvedOptions['listeners'];
  readonly #keys: Keys;
  readonly #clock: Pick<Clock, 'now'> | undefined;
  readonly #partitionCounts: PartitionCounts;
  readonly #writes: JoinedWrites;
  readonly #scripts = loadScripts();
  /** The number of partitions that producers joined with, by their ids: each write makes sure that readers know it. */
  readonly #counts = new Map<string, number>();

  constructor({ connection, replicating, listeners, prefix, clock, durability }: ResolvedOptions) {
    this.#listeners = listeners;
    this.#connection = connection;
    this.#replicating = replicating;
    this.#calls = new Calls(connection, replicating);
    this.#durability = durability;
    this.#keys = new Keys(prefix);
    this.#clock = clock;
    this.#partitionCounts = new PartitionCounts(connection, this.#keys);
    this.#writes = new JoinedWrites(connection.isCluster, (keys, args) => this.#write(keys, args));
  }

  onConnectionChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async join(partition: number, partitions: number): Promise<Joined> {
    const { state } = this.#keys.of(partition);
    const joined = joinedOf(await this.#durable(this.#scripts.join, [state], [randomUUID().slice(0, 8)]));
    await this.#partitionCounts.announceIn(joined.epoch, partitions);
    if (this.#counts.size >= MOST_COUNTS) this.#counts.clear();
    this.#counts.set(joined.producer, partitions);
    return joined;
  }

  async add(write: Write): Promise<AddResult> {
    const { partition, epoch, position, producer, number, follows, nonce } = write;
    const { entries, pending, state } = this.#keys.of(partition);
    const packed = packEntries(write.entries);
    const args = [epoch, position, producer, number, follows, nonce, packed];
    const count = this.#counts.get(producer);
    if (count !== undefined && number % WRITES_AN_ANNOUNCEMENT === 0) this.#partitionCounts.repeat(count);
    const call = { keys: [entries, pending, state], args, targets: write.entries.length };
    return addResult(await this.#writes.send(call), write.entries.length);
  }

  claim(partition: number, request: ClaimRequest): Promise<ClaimResult> {
    return this.#claim(partition, request, '') as Promise<ClaimResult>;
  }

  async renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    const { batch } = this.#keys.of(partition);
    return (await this.#calls.run(this.#scripts.renew, [batch], [this.#now(), token, leaseMs])) === 1;
  }

  async ack(partition: number, token: string): Promise<boolean> {
    const { batch, state } = this.#keys.of(partition);
    return (await this.#calls.run(this.#scripts.ack, [batch, state], [token])) === 1;
  }

  ackAndClaim(partition: number, token: string, next: ClaimRequest): Promise<ClaimResult | false> {
    return this.#claim(partition, next, token);
  }

  async nack(partition: number, token: string, failure: Failure): Promise<boolean> {
    const { reason, isVerdict, delayMs } = failure;
    const { batch, state } = this.#keys.of(partition);
    const args = [this.#now(), token, delayMs, reason, isVerdict ? 'verdict' : 'outage'];
    return (await this.#calls.run(this.#scripts.nack, [batch, state], args)) === 1;
  }

  async bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    const { batch, state, dead, deadOrder } = this.#keys.of(partition);
    const lines = burials.map(({ index, reason }) => `${index}\n${JSON.stringify(reason)}`).join('\n');
    const keys = [batch, state, dead, deadOrder];
    return (await this.#calls.run(this.#scripts.bury, keys, [this.#now(), token, lines])) === 1;
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

  partitionCounts(): Promise<number[]> {
    return this.#partitionCounts.read();
  }

  async partitions(known: number): Promise<number[]> {
    const used = await this.#used(known);
    if (!this.#connection.isCluster && !(await this.#isAnyPending(used))) return [];
    const looks = await soonest(
      used.map((partition) => {
        const { pending, batch } = this.#keys.of(partition);
        return this.#connection.run(batch, (client) => client.exists(pending, batch));
      }),
    );
    // Where a node is away, something may be pending: its partitions fail alone, and say why.
    return used.filter((_, i) => looks[i]?.status !== 'fulfilled' || looks[i].value > 0);
  }

  async stats(known: number): Promise<(PartitionStats | UnavailablePartition)[]> {
    const used = await this.#used(known);
    const looking = used.map((partition) => this.#look(partition));
    if (!this.#connection.isCluster) return (await Promise.all(looking)).flat();
    return (await soonest(looking)).flatMap((look, i): (PartitionStats | UnavailablePartition)[] =>
      look?.status === 'fulfilled' ? look.value : [this.#unavailable(used[i] as number, look?.reason)],
    );
  }

  async deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    const { dead, deadOrder } = this.#keys.of(partition);
    const letters: StoredDeadLetter[] = [];
    while (letters.length < limit) {
      const range = [offset + letters.length, limit - letters.length];
      const some = deadLettersOf(await this.#calls.run(this.#scripts.deadLetters, [dead, deadOrder], range));
      if (some.length === 0) break;
      letters.push(...some);
    }
    return letters;
  }

  async redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    const { entries, pending, dead, deadOrder, batch, state } = this.#keys.of(partition);
    const keys = [entries, pending, dead, deadOrder, batch, state];
    return idsOf(await this.#inSteps(this.#scripts.redrive, keys, ids));
  }

  async discard(partition: number, ids: readonly string[]): Promise<string[]> {
    const { dead, deadOrder } = this.#keys.of(partition);
    return idsOf(await this.#calls.run(this.#scripts.discard, [dead, deadOrder], ids));
  }

  validate(): Promise<Validation> {
    return validateServers(this.#connection, this.#durability);
  }

  close(): Promise<void> {
    return Promise.all([this.#connection.close(), this.#replicating.close()]).then(() => {});
  }

  async #write(keys: readonly string[], args: readonly (string | number)[]): Promise<readonly unknown[]> {
    return writeReplies(await this.#durable(this.#scripts.add, keys, [this.#now(), ...args]));
  }

  /**
   * A call of the way in. With `durability.writes` it counts for nothing unless the replicas have it: what a master says
   * that has lost them, one that came back empty for instance, is not believed.
   */
  async #durable(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const durability = this.#durability;
    if (!durability?.writes) return this.#calls.run(script, keys, args);
    const { reply, replicas } = await this.#calls.replicated(script, keys, args, durability);
    if (replicas < durability.replicas) throw notReplicated(replicas, durability);
    return reply;
  }

  /** Claims a batch; with the token of a lease, as soon as this one's batch is ended. */
  async #claim(partition: number, request: ClaimRequest, applied: string): Promise<ClaimResult | false> {
    const { size, bytes, leaseMs, batchIdPrefix, claimToken, worker, early } = request;
    const { entries, pending, batch, state } = this.#keys.of(partition);
    const keys = [entries, pending, batch, state];
    const when = early ? 'early' : 'due';
    const args = [this.#now(), size, bytes, leaseMs, batchIdPrefix, claimToken, when, applied, worker];
    if (this.#durability === undefined) {
      return claimOrFalse(await this.#calls.run(this.#scripts.claim, keys, args), claimToken);
    }
    const claimed = await this.#calls.replicated(this.#scripts.claim, keys, args, this.#durability);
    return this.#relied(partition, claimOrFalse(claimed.reply, claimToken), claimed, this.#durability);
  }

  /** A claim, if enough replicas have it. If not, nobody must apply its batch: the lease is given back. */
  async #relied(
    partition: number,
    claimed: ClaimResult | false,
    { replicas }: Replicated,
    durability: Durability,
  ): Promise<ClaimResult | false> {
    if (claimed === false || claimed.status !== 'leased' || replicas >= durability.replicas) return claimed;
    const { batch } = this.#keys.of(partition);
    await this.#calls.run(this.#scripts.release, [batch], [this.#now(), claimed.leaseToken]);
    throw notReplicated(replicas, durability);
  }

  async #look(partition: number): Promise<PartitionStats[]> {
    const { entries, pending, batch, deadOrder, state } = this.#keys.of(partition);
    const keys = [entries, pending, batch, deadOrder, state];
    const reply = await this.#calls.run(this.#scripts.stats, keys, [this.#now()]);
    return statsOf(partition, this.#connection.nodeOf(entries), reply);
  }

  /** @throws what a look failed with, if that is not for a server that is away */
  #unavailable(partition: number, reason: unknown): UnavailablePartition {
    const node = this.#connection.nodeOf(this.#keys.of(partition).entries);
    const name = node === undefined ? '' : ` ${node}`;
    const error = reason ?? namedError(unavailable('no reply yet, while others replied', true), name);
    if (!(error instanceof BackendError && error.retryable)) throw error;
    return { partition, ...(node && { node }), error };
  }

  /** The partitions that any producer may use, and those below `known`, in ascending order. */
  async #used(known: number): Promise<number[]> {
    const length = Math.max(known, await this.#partitionCounts.limit());
    return Array.from({ length }, (_, partition) => partition);
  }

  /** One command, so that looking into many partitions where nothing is pending costs next to nothing. */
  async #isAnyPending(partitions: readonly number[]): Promise<boolean> {
    const keys = partitions.flatMap((partition) => {
      const { pending, batch } = this.#keys.of(partition);
      return [pending, batch];
    });
    const [first] = keys;
    return first !== undefined && (await this.#connection.run(first, (client) => client.exists(...keys))) > 0;
  }

  /** Runs a script on a list, as often as it takes: it says how far it came. Resolves with all that it replied. */
  async #inSteps(script: Script, keys: readonly string[], list: readonly string[]): Promise<unknown[]> {
    const replies: unknown[] = [];
    for (let at = 0; at < list.length; ) {
      const [done, some] = stepOf(await this.#calls.run(script, keys, beginning(list, at)));
      replies.push(...some);
      at += done;
    }
    return replies;
  }

  #now(): string {
    return this.#clock === undefined ? '' : String(this.#clock.now());
  }
}

/** `false` is for a token that does not hold the lease. */
function claimOrFalse(reply: unknown, claimToken: string): ClaimResult | false {
  return reply === 0 ? false : claimResult(reply, claimToken);
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
