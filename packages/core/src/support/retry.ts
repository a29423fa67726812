import { BackendError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import { pause, type Random } from './clock.js';
import type { Outage } from './outage.js';

type PersistOptions = Pick<ResolvedOptions, 'clock' | 'random' | 'writeTimeoutMs'>;

const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 2_000;

/** How long to wait before repeating a call to a backend: doubling, the upper half random. */
export function repeatDelay(attempt: number, random: Random): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2);
}

/** Makes a call of a backend, again and again if need be. `call` names it: `claim of partition 3`. */
export type Persist = <T>(call: string, make: () => Promise<T>) => Promise<T>;

/**
 * Repeats a call that may be repeated, for at most `writeTimeoutMs`; then, or when a repeat cannot help, rejects with
 * the last error. Claims and settlements carry a token, so a repeat never takes effect twice.
 */
export function persistence(options: PersistOptions, outage: Outage, abandoned: AbortSignal): Persist {
  const { clock, random, writeTimeoutMs } = options;
  return async (call, make) => {
    const deadline = clock.now() + writeTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await make();
        outage.succeeded(call);
        return result;
      } catch (error) {
        const delayMs = repeatDelay(attempt, random);
        const hopeless = !(error instanceof BackendError && error.retryable);
        if (hopeless || abandoned.aborted || clock.now() + delayMs > deadline) {
          outage.gaveUp(call);
          throw error;
        }
        outage.failed(call, error, writeTimeoutMs);
        await pause(clock, delayMs, abandoned);
      }
    }
  };
}
