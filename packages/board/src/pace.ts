import type { Clock } from '@sluice/core';
import { Refusal } from './refusal.js';

const LONGEST_WAIT_MS = 5000;

/** Spaces reads out: however many look, they cost the backend no more commands a second than it is given. */
export class Pace {
  readonly #clock: Clock;
  readonly #msACommand: number;
  #freeAt = 0;

  constructor(clock: Clock, commandsPerSecond: number) {
    this.#clock = clock;
    this.#msACommand = 1000 / commandsPerSecond;
  }

  /** Resolves when a read of that many commands may begin. Rejects if too many others wait. */
  async turn(commands: number): Promise<void> {
    const now = this.#clock.now();
    const waitMs = Math.max(0, this.#freeAt - now);
    if (waitMs > LONGEST_WAIT_MS) throw new Refusal(429, 'Too many look at once. Try again in a moment.');
    this.#freeAt = now + waitMs + commands * this.#msACommand;
    if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
  }
}
