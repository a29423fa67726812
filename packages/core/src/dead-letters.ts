import type { AnySchema, Entry, Schema } from './schema.js';

/** An entry that was given up, with the reason. It stays until it is redriven or discarded. */
export interface DeadLetter<S extends Schema<S> = AnySchema> {
  readonly id: string;
  readonly partition: number;
  /** What was to be applied; `undefined` if the stored form is unreadable. */
  readonly entry: Entry<S> | undefined;
  readonly reason: string;
  /** How often the entry's batch was delivered. */
  readonly attempts: number;
  readonly buriedAt: Date;
}

/** The entries that were given up. */
export interface DeadLetters<S extends Schema<S> = AnySchema> {
  /** Dead letters of one partition, or of all in turn; oldest first in each. By default the first 100. */
  list(options?: {
    readonly partition?: number;
    readonly offset?: number;
    readonly limit?: number;
  }): Promise<DeadLetter<S>[]>;

  /**
   * Makes entries pending again, so that a later batch applies them. Resolves with how many. An entry whose sum would
   * overflow, or that is unreadable, stays a dead letter.
   */
  redrive(ids: readonly string[] | 'all'): Promise<number>;

  /** Deletes dead letters for good. Resolves with how many. */
  discard(ids: readonly string[] | 'all'): Promise<number>;
}
