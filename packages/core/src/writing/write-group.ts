import type { StoredEntry } from '../backend.js';
import type { Fields } from '../entry/fields.js';
import { OpenEntry } from './open-entry.js';

/** Targets a write, at most: a Redis script that merges this many blocks the server for one or two milliseconds. */
export const WRITE_TARGETS = 250;

/**
 * The entries of one write. Their promises all derive from one: a pair of functions to settle each of them would be a
 * third of an entry's memory.
 */
export class WriteGroup {
  /** As they are written. */
  readonly entries: StoredEntry[] = [];
  /** What takes increments for them; let go of once they are closed, so that the collector need not copy it. */
  #open: OpenEntry[] = [];
  /** Resolves the entries' promises, but rejects those that have a failure, by their index. */
  settle!: (failures: ReadonlyMap<number, unknown>) => void;
  /** Rejects all promises, unless they are settled. */
  fail!: (error: unknown) => void;
  readonly #partition: number;
  readonly #settled: Promise<ReadonlyMap<number, unknown>>;
  #index = 0;

  constructor(
    partition: number,
    /** When its first entry was opened. */
    readonly since: number,
  ) {
    this.#partition = partition;
    this.#settled = new Promise((settle, fail) => {
      this.settle = settle;
      this.fail = fail;
    });
  }

  get isFull(): boolean {
    return this.entries.length >= WRITE_TARGETS;
  }

  /** Opens an entry with its first fields. */
  open(key: string, fields: Fields): OpenEntry {
    const stored = { key, fields };
    const entry = new OpenEntry(stored, this.#partition, this.#settled.then(this.#outcome));
    this.entries.push(stored);
    this.#open.push(entry);
    return entry;
  }

  /** Closes all entries: from now on nothing merges into them. */
  close(): void {
    for (const entry of this.#open) entry.close();
    this.#open = [];
  }

  /** Reactions to one promise run in the order of their registration, so the n-th call is the n-th entry's. */
  readonly #outcome = (failures: ReadonlyMap<number, unknown>): void => {
    const index = this.#index;
    this.#index += 1;
    if (failures.has(index)) throw failures.get(index);
  };
}
