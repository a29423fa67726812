import { BackendError, type SluiceErrorCode } from '../errors.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { Clock } from './clock.js';
import { reasonOf } from './reason.js';

/**
 * Calls of a backend that fail, by the code they fail with. An outage is reported once, at its first failure, and not
 * for each partition or repeat; it is over when the calls that failed succeed again.
 */
export class Outage {
  readonly #calls: string;
  readonly #backend: string;
  readonly #events: Emitter;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #failing = new Map<SluiceErrorCode, Set<string>>();
  #logged = false;
  #since = 0;
  #lastError: BackendError | undefined;

  /** @param calls what fails, for messages: `writes` */
  constructor(calls: string, backend: string, events: Emitter, log: Log, clock: Clock) {
    this.#calls = calls;
    this.#backend = backend;
    this.#events = events;
    this.#log = log;
    this.#clock = clock;
  }

  /** How long calls have been failing, in milliseconds; 0 if they do not. */
  get failingForMs(): number {
    // At least one, so that it shows at once.
    return this.#failing.size === 0 ? 0 : Math.max(1, this.#clock.now() - this.#since);
  }

  /** What calls fail with now. */
  get lastError(): BackendError | undefined {
    return this.#failing.size === 0 ? undefined : this.#lastError;
  }

  /** A call failed. Without `repeatedForMs` it is not repeated. */
  failed(call: string, cause: unknown, repeatedForMs?: number): void {
    const error = this.#error(call, cause, repeatedForMs);
    if (this.#failing.size === 0) this.#since = this.#clock.now();
    this.#lastError = error;
    const reported = this.#failing.get(error.code);
    this.gaveUp(call);
    this.#failing.set(error.code, (reported ?? new Set()).add(call));
    if (reported === undefined && !this.#events.emit('error', error)) this.#logged = true;
  }

  /** A repeated call was given up: its caller knows. It may never be made again, so the outage must not wait for it. */
  gaveUp(call: string): void {
    for (const calls of this.#failing.values()) calls.delete(call);
  }

  succeeded(call: string): void {
    if (this.#failing.size === 0) return;
    this.gaveUp(call);
    for (const [code, calls] of this.#failing) if (calls.size === 0) this.#failing.delete(code);
    if (this.#failing.size > 0 || !this.#logged) return;
    this.#logged = false;
    this.#log.warn(`The ${this.#backend} backend is back: ${this.#calls} succeed again.`);
  }

  #error(call: string, cause: unknown, repeatedForMs: number | undefined): BackendError {
    const known = cause instanceof BackendError ? cause : undefined;
    const next =
      repeatedForMs === undefined
        ? 'It is not repeated'
        : `It is repeated for at most ${repeatedForMs} ms (writeTimeoutMs)`;
    return new BackendError(
      known?.code ?? 'ERR_SLUICE_BACKEND_FAILED',
      `The ${this.#backend} backend failed at ${call}: ${reasonOf(cause)}. ${next}; failures like this one are not reported again until ${this.#calls} succeed again.`,
      { retryable: known?.retryable ?? false, outcome: known?.outcome ?? 'unknown', cause },
    );
  }
}
