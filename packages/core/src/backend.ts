import type { Fields } from './entry/fields.js';

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
   * Merges a write's entries into the pending ones, in order, if the write's number is the producer's next. Entries
   * without `@` (see `Fields`) get the time at which they become pending.
   * The numbers are kept at least `PRODUCER_LIFETIME_MS` after the last use. A repeated write changes nothing; the
   * last one gets its refusals of the first time again.
   */
  add(write: Write): Promise<AddResult>;

  /**
   * Leases the partition's batch: the unsettled one, under a new token, if it is due; or else a new one, of the
   * first `size` pending entries. Repeating a claim with the token that got the lease returns the same lease, with the
   * same deadline. An expired lease stays valid until another claim takes the batch.
   */
  claim(partition: number, request: ClaimRequest): Promise<ClaimResult>;

  /**
   * Moves the deadline to `leaseMs` milliseconds from now. `false`: the token no longer holds the lease; nothing changed.
   */
  renew(partition: number, token: string, leaseMs: number): Promise<boolean>;

  /**
   * Ends the batch: it was applied. `false`: the token does not hold the lease; nothing changed. For this,
   * {@link Backend.nack} and {@link Backend.bury}: the token that settled the partition's last lease gets `true` again,
   * in case its reply was lost.
   */
  ack(partition: number, token: string): Promise<boolean>;

  /** Gives the lease back, not applied: the same batch is due again in `delayMs` milliseconds. */
  nack(partition: number, token: string, delayMs: number): Promise<boolean>;

  /** Ends the batch: the entries named become dead letters, all others were applied. */
  bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean>;

  /**
   * The pending fields of one target: what no batch holds yet; `undefined` if there are none.
   * Rejects with `CorruptEntryError` if they are unreadable.
   */
  read(partition: number, key: string): Promise<Fields | undefined>;

  /**
   * Every partition that has pending entries or a batch, in ascending order, regardless of how many partitions each
   * producer is configured with.
   */
  partitions(): Promise<number[]>;

  /** The state of every partition that was ever used, in ascending order. */
  stats(): Promise<PartitionStats[]>;

  /** Dead letters of a partition, oldest first, then by the bytes of their ids, from `offset`, at most `limit`. */
  deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]>;

  /**
   * Merges dead letters, one after the other, back into the pending entries, where they keep their `@`. Returns the
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
export type BackendMethod = Exclude<keyof Backend, 'name'>;

/** The names of all methods of {@link Backend}; the compiler keeps the list complete. */
export const BACKEND_METHODS: readonly BackendMethod[] = /* @__PURE__ */ Object.keys({
  add: true,
  claim: true,
  renew: true,
  ack: true,
  nack: true,
  bury: true,
  read: true,
  partitions: true,
  stats: true,
  deadLetters: true,
  redrive: true,
  discard: true,
  validate: true,
  close: true,
} satisfies Record<BackendMethod, true>) as BackendMethod[];

/** How long a backend remembers the number of a producer's last write, at the least, in milliseconds: 24 hours. */
export const PRODUCER_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** One frozen, numbered group of entries: repeated byte for byte until there is a definite answer. */
export interface Write {
  readonly partition: number;
  /** The producer's id. */
  readonly producer: string;
  /** 1, 2, 3 … per producer and partition. */
  readonly number: number;
  /** At most one entry a target. There may be none: then the write only takes its number. */
  readonly entries: readonly StoredEntry[];
  /** Becomes the partition's epoch if it has none; different for every write. See {@link AddResult}. */
  readonly newEpoch: string;
}

/** An entry as backends keep it. */
export interface StoredEntry {
  /** The target, as {@link targetKey} writes it. */
  readonly key: string;
  readonly fields: Fields;
}

/**
 * What became of a {@link Write}:
 * - `applied`: the number was the last one + 1; all entries but the refused ones are pending now;
 * - `duplicate`: the number was used before; nothing changed;
 * - `gap`: writes between `last` and this one are missing (no number on record counts as `last: 0`, so that number 1 is
 *   never a gap); nothing changed.
 *
 * The epoch marks one life of the partition's data: the first write brings it, and only wiping the data removes it.
 * A `gap` in a partition without data has an empty epoch.
 */
export type AddResult =
  | {
      readonly status: 'applied' | 'duplicate';
      readonly epoch: string;
      readonly refused: readonly Refusal[];
    }
  | { readonly status: 'gap'; readonly epoch: string; readonly last: number };

/** Why one target of a write was left out while the rest applied. */
export type RefusalReason = 'overflow' | 'corrupt';

/** One entry of a write that did not apply. */
export interface Refusal {
  /** The entry's index in the write. */
  readonly index: number;
  readonly reason: RefusalReason;
  /** The field that would overflow. */
  readonly field?: string;
}

/** What {@link Backend.claim} is asked for. */
export interface ClaimRequest {
  /** Entries a batch, at most. */
  readonly size: number;
  /** How long the lease lasts, in milliseconds. */
  readonly leaseMs: number;
  /**
   * What the id of the batch begins with, if a new one is made. New with every call, repeats included; but a client
   * below the backend may send a call again, too, when its batch was settled long ago. If there is such a client, the
   * backend adds what makes the id new.
   */
  readonly batchIdPrefix: string;
  /** Names the claim: its repeats have the same. */
  readonly claimToken: string;
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
  /** 1 for the first delivery. */
  readonly attempt: number;
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
  /** Entries that no batch holds. */
  readonly pending: number;
  /** Entries in the unsettled batch. */
  readonly claimed: number;
  /** Dead letters. */
  readonly dead: number;
  /** How long ago the entry at the head of the queue got its first increment, in milliseconds; 0 if there is none. */
  readonly oldestPendingMs: number;
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

export type { Fields } from './entry/fields.js';
export { fieldsOf } from './entry/increment.js';
export { merge } from './entry/merge.js';
export { pack, unpack } from './entry/packing.js';
export { MAX_TARGET_KEY_LENGTH, targetKey } from './entry/target-key.js';
export { BackendError, CorruptEntryError, OverflowError } from './errors.js';
export type { Clock, Random } from './support/clock.js';
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
