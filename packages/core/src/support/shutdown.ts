import { type Clock, pause } from './clock.js';

/** Ends what waits, all at once. Many calls wait at a time, and Node warns of many listeners of one AbortSignal. */
export class Shutdown {
  readonly #pauses = new Set<AbortController>();
  #hasBegun = false;

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
    for (const pausing of this.#pauses) pausing.abort();
  }

  /** Resolves after `delayMs`, or as soon as the shutdown begins. */
  async pause(clock: Clock, delayMs: number): Promise<void> {
    if (this.#hasBegun) return;
    const pausing = new AbortController();
    this.#pauses.add(pausing);
    await pause(clock, delayMs, pausing.signal);
    this.#pauses.delete(pausing);
  }
}
