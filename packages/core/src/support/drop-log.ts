import type { Clock } from './clock.js';

const EVERY_MS = 60_000;
const MOST_REASONS = 100;

/** Increments that are dropped, by reason: each reason is news once a minute. */
export class DropLog {
  readonly #clock: Clock;
  readonly #reasons = new Map<string, { loggedAt: number; since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns how many were dropped for the reason since it was last logged, if it is to be logged now; otherwise 0. */
  dropped(reason: string, increments: number): number {
    const now = this.#clock.now();
    if (this.#reasons.size >= MOST_REASONS) this.#reasons.clear();
    const seen = this.#reasons.get(reason) ?? { loggedAt: Number.NEGATIVE_INFINITY, since: 0 };
    this.#reasons.set(reason, seen);
    seen.since += increments;
    if (now - seen.loggedAt < EVERY_MS) return 0;
    const { since } = seen;
    seen.loggedAt = now;
    seen.since = 0;
    return since;
  }
}
