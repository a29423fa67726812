import { once } from 'node:events';
import type { Random } from '@sluice/core';
import type { Fault } from './faults.js';
import { sleep } from './sleep.js';
import type { Strike } from './strikes.js';

/** Makes one fault happen as often as planned, at moments drawn in advance. */
export class Injector {
  fired = 0;
  readonly #moments: readonly number[];

  constructor(
    readonly fault: Fault,
    readonly planned: number,
    readonly strike: Strike,
    readonly random: Random,
    lastsMs: number,
  ) {
    this.#moments = Array.from({ length: planned }, () => random() * lastsMs).sort((a, b) => a - b);
  }

  /** Ends when all have fired, or as soon as the signal aborts. Lost replies overlap, up to `width` of them. */
  async run(width: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const left = [...this.#moments];
    const line = async (): Promise<void> => {
      for (let moment = left.shift(); moment !== undefined; moment = left.shift()) {
        await sleep(Math.max(0, startedAt + moment - performance.now()), undefined, { signal });
        await this.#once(signal);
      }
    };
    // A strike that hangs must not keep the run from ending.
    const late = once(signal, 'abort');
    await Promise.race([Promise.all(Array.from({ length: width }, line)), late]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #once(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.strike(this.random)) {
        this.fired += 1;
        return;
      }
      await sleep(50 + 100 * this.random(), undefined, { signal });
    }
  }
}
