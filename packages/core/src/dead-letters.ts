import type { AnySchema, Entry, Schema } from './schema.js';

/** An entry that was given up, with the reason. It stays until it is redriven or discarded: see {@link DeadLetters}. */
export interface DeadLetter<S extends Schema<S> = AnySchema> {
  /** For `redrive` and `discard`. */
  readonly id: string;
  readonly partition: number;
  /** What was to be applied; `undefined` if the stored form is unreadable. */
  readonly entry: Entry<S> | undefined;
  /** What the sink gave as the reason, or why the entry is unreadable. */
  readonly reason: string;
  /** How often the entry's batch was delivered. */
  readonly attempts: number;
  /** When it became a dead letter, by the backend's clock. */
  readonly buriedAt: Date;
}

/** The entries of a backend that were given up, in all its partitions. */
export interface DeadLetters<S extends Schema<S> = AnySchema> {
  /**
   * Dead letters of one partition, or of all in turn; oldest first in each.
   * Rejects with {@link InvalidInputError} naming the option.
   */
  list(options?: {
    /** By default all. */
    readonly partition?: number;
    /**
     * How many to pass over.
     * @default 0
     */
    readonly offset?: number;
    /** @default 100 */
    readonly limit?: number;
  }): Promise<DeadLetter<S>[]>;

  /**
   * Makes entries pending again, so that a later batch applies them. Resolves with how many it made so. An entry whose
   * sum would overflow, or that is unreadable, stays a dead letter. After a failure it may be called again: no entry is
   * redriven twice.
   * Rejects with {@link InvalidInputError} if an id is not one of a dead letter.
   *
   * @example
   * ```ts
   * const letters = await buffer.deadLetters.list();
   * const fixed = letters.filter(({ reason }) => reason.includes('statement timeout'));
   * await buffer.deadLetters.redrive(fixed.map(({ id }) => id));
   * ```
   */
  redrive(ids: readonly string[] | 'all'): Promise<number>;

  /**
   * Deletes dead letters for good. Resolves with how many it deleted.
   * Rejects with {@link InvalidInputError} if an id is not one of a dead letter.
   */
  discard(ids: readonly string[] | 'all'): Promise<number>;
}
