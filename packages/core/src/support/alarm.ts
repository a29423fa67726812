import type { Clock } from './clock.js';

/** A time to wait for, which may be moved forward meanwhile. */
export class Alarm {
  /** Resolves when it rings. */
  readonly rung: Promise<void>;
  readonly #clock: Clock;
  #ringNow: () => void = () => {};
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.rung = new Promise((resolve) => {
      this.#ringNow = resolve;
    });
  }

  /** Rings in `delayMs`, unless it rings earlier. */
  in(delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    if (at >= this.#at) return;
    this.#at = at;
    this.#cancel();
    this.#cancel = this.#clock.after(delayMs, this.#ringNow);
  }

  /** Rings now, for the last time. */
  ring(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    this.#cancel();
    this.#ringNow();
  }
}
