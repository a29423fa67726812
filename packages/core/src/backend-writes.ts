import type { StoredEntry } from './entry/fields.js';

/** Bytes of text a write, at most, unless a single entry is larger: 64 KiB. */
export const WRITE_BYTES = 64 * 1024;

/** Where the data of a partition is. */
export interface Position {
  /** One life of the partition's data. No two have the same, and only wiping the data ends one. */
  readonly epoch: string;
  /** How many writes were applied in it. */
  readonly position: number;
}

/** What `join` resolves with. */
export interface Joined extends Position {
  /** The producer's id from now on. No two joins get the same, whatever becomes of the data. */
  readonly producer: string;
}

/** One frozen, numbered group of entries: repeated byte for byte until there is a definite answer. */
export interface Write extends Position {
  readonly partition: number;
  /** The producer's id. */
  readonly producer: string;
  /** 1, 2, 3 … per producer and partition. */
  readonly number: number;
  /** The number that must be on record: the one before; or an earlier one, after a gap that cannot be closed. */
  readonly follows: number;
  /** Different for every write, but not for its repeats: two processes may be copies of one, and use the same numbers. */
  readonly nonce: string;
  /** The position at which the producer joined: none of its records lies below it. */
  readonly position: number;
  /** At most one entry a target. There may be none: then the write only takes its number. */
  readonly entries: readonly StoredEntry[];
}

/**
 * What became of a {@link Write}:
 * - `applied`: the last number was the one that the write follows; all entries but the refused ones are pending now;
 * - `duplicate`: the last number was this one, of a write with the same nonce; nothing changed;
 * - `conflict`: the number was used by another write; nothing changed;
 * - `gap`: the last number is an earlier one; nothing changed. If there is no record of the producer, and none at or
 *   above the position where it joined was ever removed, it is 0;
 * - `unknown`: the backend cannot know what it has of the producer, since the record may have been removed, or the
 *   epoch is another one; nothing changed.
 */
export type AddResult =
  | {
      readonly status: 'applied' | 'duplicate';
      /** The position at which the write was applied. */
      readonly position: number;
      readonly refused: readonly Refusal[];
    }
  | { readonly status: 'conflict' }
  /** With the position of the data, which may have gone back. */
  | { readonly status: 'gap'; readonly last: number; readonly position: number }
  | {
      readonly status: 'unknown';
      /** The epoch that there is; empty if there is none. */
      readonly epoch: string;
      /** Records that lie below this position may have been removed, and no others. */
      readonly floor: number;
    };

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
