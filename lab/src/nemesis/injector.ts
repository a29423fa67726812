import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@sluice/core';
import type { Fault } from './faults.js';
import type { Injection } from './system.js';

/** Injects one fault as often as planned, at times drawn in advance. */
export class Injector {
  /** How often the fault was seen to take effect. */
  fired = 0;
  readonly #times: readonly number[];

  constructor(
    readonly fault: Fault,
    readonly planned: number,
    readonly inject: Injection,
    readonly random: Random,
    lastsMs: number,
  ) {
    this.#times = Array.from({ length: planned }, () => random() * lastsMs).sort((a, b) => a - b);
  }

  /** Ends when all have fired, or as soon as the signal aborts. Up to `concurrency` wait for their opportunity at once. */
  async run(concurrency: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const left = [...this.#times];
    const lane = async (): Promise<void> => {
      for (let time = left.shift(); time !== undefined; time = left.shift()) {
        await sleep(Math.max(0, startedAt + time - performance.now()), undefined, { signal });
        await this.#injectOnce(signal);
      }
    };
    // An injection that hangs must not keep the run from ending.
    const aborted = once(signal, 'abort');
    const lanes = Promise.all(Array.from({ length: concurrency }, lane));
    await Promise.race([lanes, aborted]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #injectOnce(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#try()) {
        this.fired += 1;
        return;
      }
      await sleep(50 + 100 * this.random(), undefined, { signal });
    }
  }

  /** While one fault has a server down, others fail to be injected. */
  async #try(): Promise<boolean> {
    try {
      return await this.inject(this.random);
    } catch {
      return false;
    }
  }
}
