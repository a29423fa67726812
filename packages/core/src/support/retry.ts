import { BackendError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { Random } from './clock.js';
import type { Outage } from './outage.js';
import type { Shutdown } from './shutdown.js';

type RetryOptions = Pick<ResolvedOptions, 'clock' | 'random' | 'writeTimeoutMs'>;

const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 500;

/** How long to wait after a failed attempt, 1 being the first: doubling, with a random upper half. */
export function backoffMs(attempt: number, random: Random): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2);
}

/** Calls a backend, more than once if need be. `call` names the call for messages: `claim of partition 3`. */
export type Retry = <T>(call: string, make: () => Promise<T>) => Promise<T>;

/**
 * Repeats a failed call for at most `writeTimeoutMs`. Rejects with the last error when the time is over, when
 * repeating cannot help, or on shutdown. Claims and settlements carry a token, so a repeat never takes effect twice.
 */
export function retrying(options: RetryOptions, outage: Outage, shutdown: Shutdown): Retry {
  const { clock, random, writeTimeoutMs } = options;
  return async (call, make) => {
    const deadline = clock.now() + writeTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await make();
        outage.succeeded(call);
        return result;
      } catch (error) {
        const delayMs = backoffMs(attempt, random);
        const retryable = error instanceof BackendError && error.retryable;
        if (!retryable || shutdown.hasBegun || clock.now() + delayMs > deadline) {
          outage.gaveUp(call);
          throw error;
        }
        outage.failed(call, error, writeTimeoutMs);
        await shutdown.pause(clock, delayMs);
      }
    }
  };
}
