import type { Clock } from '../support/clock.js';

/** Characters kept for replays, over all partitions, at most. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** How long a write is kept, in milliseconds. A replica lags by far less, and another one is promoted within a minute. */
const MAX_AGE_MS = 5 * 60 * 1000;

/** A write that a ring keeps. */
export interface Kept {
  /** Characters of its text. */
  readonly length: number;
  /** Removes it from its ring. */
  drop(): void;
}

/** Bounds what all replay rings of a buffer keep together. The oldest goes first, in whichever ring it is. */
export class ReplayBudget {
  readonly #clock: Clock;
  readonly #keptAt = new Map<Kept, number>();
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
    this.#keptAt.set(kept, now);
    this.#length += kept.length;
    for (const [oldest, at] of this.#keptAt) {
      if (this.#length <= MAX_LENGTH && now - at <= MAX_AGE_MS) return;
      this.release(oldest);
      oldest.drop();
    }
  }

  release(kept: Kept): void {
    if (this.#keptAt.delete(kept)) this.#length -= kept.length;
  }
}
