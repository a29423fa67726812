import type { Clock } from '../support/clock.js';

/** Characters kept for replays, over all partitions, at most. */
const MAX_LENGTH = 2 * 1024 * 1024;

/** How long a write is kept, in milliseconds. A replica lags by far less, and another one is promoted within a minute. */
const MAX_AGE_MS = 5 * 60 * 1000;

/** A write that a ring keeps. */
export interface Kept {
  /** Characters of its text, and what keeping it takes besides. */
  readonly length: number;
  /** When it was kept; `undefined` once it is no longer. The budget's own. */
  keptAt: number | undefined;
  /** Removes it from its ring. */
  drop(): void;
}

/** Bounds what all replay rings of a buffer keep together. The oldest goes first, in whichever ring it is. */
export class ReplayBudget {
  readonly #clock: Clock;
  /** In the order of their age, from `#first` on; some of them are no longer kept. */
  #queue: Kept[] = [];
  #first = 0;
  #length = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Characters that the rings keep. */
  get length(): number {
    return this.#length;
  }

  add(kept: Kept): void {
    const now = this.#clock.now();
    kept.keptAt = now;
    this.#queue.push(kept);
    this.#length += kept.length;
    for (let oldest = this.#queue[this.#first]; oldest !== undefined; oldest = this.#queue[this.#first]) {
      const { keptAt } = oldest;
      if (keptAt !== undefined) {
        if (this.#length <= MAX_LENGTH && now - keptAt <= MAX_AGE_MS) break;
        this.release(oldest);
        oldest.drop();
      }
      this.#first += 1;
    }
    if (this.#first > this.#queue.length / 2) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
  }

  release(kept: Kept): void {
    if (kept.keptAt === undefined) return;
    kept.keptAt = undefined;
    this.#length -= kept.length;
  }
}
