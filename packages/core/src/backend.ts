import type { AddResult, Joined, Write } from './backend-writes.js';
import type { Fields, StoredEntry } from './entry/fields.js';
import type { BackendError } from './errors.js';

/**
 * Where entries wait until they are applied. A backend is small on purpose: it keeps, per partition, a queue of
 * pending entries, at most one unsettled batch, and dead letters.
 *
 * What every implementation promises:
 * - each call is atomic in its partition: it takes effect whole or not at all, and calls of a partition do not mix;
 * - arguments arrive valid; durations are judged by the backend's own clock, not by the callers';
 * - each call settles in bounded time, also when the server does not answer;
 * - what it cannot do rejects with a `BackendError` that says whether it may be repeated and whether it may have
 *   taken effect. The caller repeats calls; a backend does not.
 *
 * `conformance()` of `@sluice/testing/conformance` checks all of it.
 */
export interface Backend {
  /** For messages: `memory`, `redis`. */
  readonly name: string;

  /**
   * How long increments gather in a process, in milliseconds, unless the buffer's option `lingerMs` says otherwise: what
   * it is worth depends on what a write costs.
   * @default 0
   */
  readonly lingerMs?: number;

  /**
   * Takes a listener to call when a connection was lost or made anew. The data may have gone back then, as in a failover:
   * producers look, and send again what it lacks. Left out where that cannot be.
   * @returns what ends the calls: many buffers may share a backend, and come and go
   */
  onConnectionChange?(listener: () => void): () => void;

  /**
   * Begins a producer's writes to a partition: names the producer, and returns where the partition's data is. The partition
   * is listed from now on, and so is `partitions`, the number of partitions that the producer has. Data without an epoch
   * gets a new one.
   */
  join(partition: number, partitions: number): Promise<Joined>;

  /**
   * Merges a write's entries into the pending ones, in order, if the write follows the producer's last one. Entries
   * without `@` (see `Fields`) get the time at which they become pending.
   * The last number of each producer is recorded with the data, under the position at which it was applied. Records never
   * expire; when a partition has many, the backend may remove those that lie below a position, of which it keeps note.
   */
  add(write: Write): Promise<AddResult>;

  /**
   * Leases the partition's batch: the unsettled one, under a new token, if it is due; or else a new one, of the
   * first pending entries. Repeating a claim with the token that got the lease returns the same lease, with the
   * same deadline. An expired lease stays valid until another claim takes the batch.
   * No wait is longer than was asked for, even if the backend's clock is set back meanwhile.
   */
  claim(partition: number, request: ClaimRequest): Promise<ClaimResult>;

  /**
   * Moves the deadline to `leaseMs` milliseconds from now. `false`: the token no longer holds the lease; nothing changed.
   */
  renew(partition: number, token: string, leaseMs: number): Promise<boolean>;

  /**
   * Ends the batch: it was applied. `false`: the token does not hold the lease; nothing changed. For this,
   * {@link Backend.nack} and {@link Backend.bury}: the tokens that settled the partition's latest leases, at least eight,
   * get `true` again, in case the reply was lost.
   */
  ack(partition: number, token: string): Promise<boolean>;

  /**
   * `ack`, and then `claim`, in one step. `false`: the token does not hold the lease; nothing changed, and nothing was
   * claimed. A token that gets `true` again from `ack` ends nothing and claims: so repeats return the same lease.
   */
  ackAndClaim(partition: number, token: string, next: ClaimRequest): Promise<ClaimResult | false>;

  /** Gives the lease back, not applied: the same batch is due again later. */
  nack(partition: number, token: string, failure: Failure): Promise<boolean>;

  /** Ends the batch: the entries named become dead letters, all others were applied. */
  bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean>;

  /**
   * What the backend holds of each target: what no batch holds yet, and what the unsettled batch holds.
   * Rejects with `CorruptEntryError` if one of them is unreadable.
   */
  read(targets: readonly StoredTarget[]): Promise<StoredSums[]>;

  /** The numbers of partitions that producers joined with, in ascending order. */
  partitionCounts(): Promise<number[]>;

  /**
   * Every partition that has pending entries or a batch, in ascending order, regardless of how many partitions each
   * producer is configured with. Those below `known` are looked at even if they are not listed.
   */
  partitions(known: number): Promise<number[]>;

  /**
   * The state of every partition that is listed, or lies below `known` and was ever used, in ascending order. Where the
   * backend has several servers, one that is away keeps only its own partitions from being looked at.
   */
  stats(known: number): Promise<(PartitionStats | UnavailablePartition)[]>;

  /** Dead letters of a partition, oldest first, then by the bytes of their ids, from `offset`, at most `limit`. */
  deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]>;

  /**
   * Merges dead letters, one after the other, back into the pending entries, where they keep their `@`. What was counted
   * later wins, as far as it is here: `last` values that are pending or in the unsettled batch, and those of letters of
   * later batches. What was applied is not known here, and is overwritten. Returns the
   * ids of those that were merged: what would overflow, or is unreadable, stays a dead letter.
   */
  redrive(partition: number, ids: readonly string[]): Promise<string[]>;

  /** Deletes dead letters; returns the ids of those that there were. */
  discard(partition: number, ids: readonly string[]): Promise<string[]>;

  /** Looks at the server's settings. Rejects with `ERR_SLUICE_UNSAFE_BACKEND` when they can drop what is pending. */
  validate(): Promise<Validation>;

  /** Releases what the backend opened itself, in bounded time, even if its server is gone. May be called twice. */
  close(): Promise<void>;
}

/** The name of a method of {@link Backend}. */
export type BackendMethod = Exclude<keyof Backend, 'name' | 'lingerMs' | 'onConnectionChange'>;

/** The names of all methods of {@link Backend}; the compiler keeps the list complete. */
export const BACKEND_METHODS: readonly BackendMethod[] = /* @__PURE__ */ Object.keys({
  join: true,
  add: true,
  claim: true,
  renew: true,
  ack: true,
  ackAndClaim: true,
  nack: true,
  bury: true,
  read: true,
  partitionCounts: true,
  partitions: true,
  stats: true,
  deadLetters: true,
  redrive: true,
  discard: true,
  validate: true,
  close: true,
} satisfies Record<BackendMethod, true>) as BackendMethod[];

/** Bytes of text a batch, at most, unless a single entry is larger: 256 KiB. */
export const BATCH_BYTES = 256 * 1024;

/** Entries a batch, at most: the option `batchSize` goes no further. */
export const MAX_BATCH_SIZE = 10_000;

/** What {@link Backend.claim} is asked for. */
export interface ClaimRequest {
  /** Entries of a new batch, at most. */
  readonly size: number;
  /** Bytes of a new batch, at most, but for a first entry that is larger: of its keys and packed entries, as UTF-8. */
  readonly bytes: number;
  /** How long the lease lasts, in milliseconds. */
  readonly leaseMs: number;
  /**
   * What the id of the batch begins with, if a new one is made. New with every call, repeats included; but a client
   * below the backend may send a call again, too, when its batch was settled long ago, and data may go back to an
   * earlier state. The backend adds what makes the id unique for ever, such as its server's time.
   */
  readonly batchIdPrefix: string;
  /** Names the claim: its repeats have the same. */
  readonly claimToken: string;
  /** Who asks, for people to read: the option `workerName`. */
  readonly worker: string;
  /** Whether to take a batch that waits for its next delivery, before it is due. A leased one is never taken early. */
  readonly early: boolean;
}

/** What {@link Backend.claim} resolves with: the partition's batch, or why there is none. */
export type ClaimResult =
  /**
   * The lease token, which {@link leaseToken} makes, holds the lease from now on: it is for `renew`, `ack`, `nack` and
   * `bury`. The claim token alone is not enough: a delayed repeat of the claim may lease the next batch under the same
   * token, and a late ack would then end the wrong batch.
   */
  | { readonly status: 'leased'; readonly leaseToken: string; readonly batch: StoredBatch }
  | { readonly status: 'empty' }
  /** The batch is leased, or waits to be delivered again, for `forMs` milliseconds. */
  | { readonly status: 'busy'; readonly forMs: number };

/** A batch as backends keep it. */
export interface StoredBatch {
  readonly id: string;
  /** How often it was leased: 1 for the first time. */
  readonly attempt: number;
  /** How many deliveries failed by a verdict: see {@link Failure}. */
  readonly failures: number;
  /** How long ago it was made, in milliseconds. */
  readonly ageMs: number;
  readonly entries: readonly (StoredEntry | CorruptEntry)[];
  /** Pending entries behind this batch. */
  readonly remaining: number;
}

/** An entry whose stored form is unreadable. It is never dropped: it becomes a dead letter. */
export interface CorruptEntry {
  readonly key: string;
  /** What is wrong with it. */
  readonly corrupt: string;
}

/** Why a delivery failed, and when the next one is due. */
export interface Failure {
  readonly reason: string;
  /** Whether the sink came to a verdict about the data. An outage of its database is none. */
  readonly isVerdict: boolean;
  /** How long the batch waits for its next delivery, in milliseconds. */
  readonly delayMs: number;
}

/** A target, and a partition that may hold it. */
export interface StoredTarget {
  readonly partition: number;
  readonly key: string;
}

/** What a backend holds of a target in one partition; `undefined` where there is nothing. */
export interface StoredSums {
  /** A backend may leave out `@`, and add it when the entry is claimed. */
  readonly pending: Fields | undefined;
  /** In the unsettled batch. */
  readonly claimed: Fields | undefined;
}

/** An entry of a batch that is to become a dead letter: see {@link Backend.bury}. */
export interface Burial {
  /** The entry's index in the batch. */
  readonly index: number;
  readonly reason: string;
}

/** A dead letter as backends keep it. */
export interface StoredDeadLetter {
  /** What {@link deadLetterId} returns. */
  readonly id: string;
  readonly entry: StoredEntry | CorruptEntry;
  readonly reason: string;
  readonly attempts: number;
  /** Milliseconds since 1970, by the backend's clock. */
  readonly buriedAt: number;
}

/** What a partition holds in the backend. */
export interface PartitionStats {
  readonly partition: number;
  /** The server that holds it, `host:port`, where the backend has several. */
  readonly node?: string;
  /** Entries that no batch holds. */
  readonly pending: number;
  /** Entries in the unsettled batch. */
  readonly claimed: number;
  /** Dead letters. */
  readonly dead: number;
  /**
   * How long ago the oldest entry got its first increment, in milliseconds: the head of the unsettled batch, or of the
   * pending entries; 0 if there is none.
   */
  readonly oldestPendingMs: number;
  /**
   * Entries of writes that were added since the partition began, those that merged with a pending one included. Two looks
   * give the rate; it is less in the later one if the data was erased or went back to an earlier state. Redriven dead
   * letters were added before, and are not counted again.
   */
  readonly added: number;
  /** Entries that batches took since the partition began, however often these were delivered. */
  readonly taken: number;
  /** The unsettled batch, if there is one. */
  readonly batch?: BatchStats;
}

/** A partition that could not be looked at, because its server is away while others of the backend are there. */
export interface UnavailablePartition {
  readonly partition: number;
  /** The server that holds it, `host:port`. */
  readonly node?: string;
  /** Why: such as that its server does not reply. */
  readonly error: BackendError;
}

/** The unsettled batch of a partition. */
export interface BatchStats {
  readonly id: string;
  /** How long ago it was made, in milliseconds. */
  readonly ageMs: number;
  /** How often it was leased. */
  readonly attempt: number;
  /** How many deliveries failed by a verdict about the data. */
  readonly failures: number;
  /** Whether a worker holds it. If not, it waits for its next delivery. */
  readonly isLeased: boolean;
  /**
   * Who leased it, by the option `workerName`, and how long ago, in milliseconds; left out if nobody holds it, or if a
   * version of Sluice leased it that does not say.
   */
  readonly worker?: string;
  readonly leasedForMs?: number;
  /** In how many milliseconds the lease runs out, or the next delivery is due; 0 if that is over. */
  readonly dueInMs: number;
  /** Why the last delivery failed, and how long ago the first one did; left out if none has. */
  readonly lastError?: string;
  readonly failingForMs?: number;
}

/** What a server's settings promise: see `validate()` of a buffer. */
export interface Validation {
  /**
   * What survives a crash of the server: `none`: nothing; `recent-loss`: all but the last moments, and a batch of
   * those moments may be applied again; `every-write`: all that was acknowledged.
   */
  readonly durability: 'none' | 'recent-loss' | 'every-write' | 'unknown';
  /** What to change, in words. Empty when there is nothing to say. */
  readonly advice: readonly string[];
}

/** What holds the lease that a claim got: it is good for this batch alone. */
export function leaseToken(batchId: string, claimToken: string): string {
  return `${batchId} ${claimToken}`;
}

/** The id of a dead letter: the batch's id, a slash, and the entry's index in it, padded to six digits. */
export function deadLetterId(batchId: string, index: number): string {
  return `${batchId}/${String(index).padStart(6, '0')}`;
}

export {
  type AddResult,
  type Joined,
  type Position,
  type Refusal,
  type RefusalReason,
  WRITE_BYTES,
  type Write,
} from './backend-writes.js';
export type { Fields, StoredEntry } from './entry/fields.js';
export { fieldsOf } from './entry/increment.js';
export { merge } from './entry/merge.js';
export { packEntries } from './entry/packed-entries.js';
export { mostPackedBytes, pack, packedBytes, unpack } from './entry/packing.js';
export { stampLast } from './entry/stamp-last.js';
export { MAX_TARGET_KEY_LENGTH, targetKey } from './entry/target-key.js';
export { BackendError, CorruptEntryError, OverflowError } from './errors.js';
export { type Clock, type Random, systemClock } from './support/clock.js';
export { harmless } from './support/harmless.js';
export { MAX_PARTITIONS } from './support/partition.js';
export {
  mustBe,
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
  type Subject,
} from './support/validate.js';
