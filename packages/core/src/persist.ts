import { type Clock, pause, type Random } from './clock.js';
import { BackendError } from './errors.js';

const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 2_000;

/** How long to wait before repeating a call to a backend: doubling, the upper half random. */
export function repeatDelay(attempt: number, random: Random): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2);
}

/**
 * Repeats a call that may be repeated, for at most `forMs`; then, or when a repeat cannot help, rejects with the last
 * error. Claims and settlements carry a token and writes a number, so a repeat never takes effect twice.
 */
export async function persist<T>(
  call: () => Promise<T>,
  { clock, random, forMs, signal }: { clock: Clock; random: Random; forMs: number; signal: AbortSignal },
): Promise<T> {
  const deadline = clock.now() + forMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const delayMs = repeatDelay(attempt, random);
      const hopeless = !(error instanceof BackendError && error.retryable);
      if (hopeless || signal.aborted || clock.now() + delayMs > deadline) throw error;
      await pause(clock, delayMs, signal);
    }
  }
}
