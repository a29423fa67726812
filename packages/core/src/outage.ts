import { BackendError } from './errors.js';
import type { Emitter } from './events.js';
import type { Log } from './logger.js';
import { reasonOf } from './reason.js';

/**
 * Calls of a backend that fail and are repeated. An outage is reported once, at its first failure, and not for each
 * partition or repeat. It ends when no call is failing any more.
 */
export class Outage {
  readonly #calls: string;
  readonly #backend: string;
  readonly #events: Emitter;
  readonly #log: Log;
  readonly #failing = new Set<string>();
  #state: 'none' | 'logged' | 'heard' = 'none';

  /** @param calls what fails, for messages: `writes` */
  constructor(calls: string, backend: string, events: Emitter, log: Log) {
    this.#calls = calls;
    this.#backend = backend;
    this.#events = events;
    this.#log = log;
  }

  /** A call failed. Without `repeatedForMs` it is not repeated. */
  failed(call: string, cause: unknown, repeatedForMs?: number): void {
    if (repeatedForMs !== undefined) this.#failing.add(call);
    if (this.#state !== 'none') return;
    const heard = this.#events.emit('error', this.#error(call, cause, repeatedForMs));
    this.#state = heard ? 'heard' : 'logged';
  }

  /** A call was given up: its caller knows. It may never be made again, so the outage must not wait for it. */
  gaveUp(call: string): void {
    this.#failing.delete(call);
  }

  succeeded(call: string): void {
    if (this.#state === 'none') return;
    this.#failing.delete(call);
    if (this.#failing.size > 0) return;
    if (this.#state === 'logged') {
      this.#log.warn(`The ${this.#backend} backend is back: ${this.#calls} succeed again.`);
    }
    this.#state = 'none';
  }

  #error(call: string, cause: unknown, repeatedForMs: number | undefined): BackendError {
    const known = cause instanceof BackendError ? cause : undefined;
    const next =
      repeatedForMs === undefined
        ? 'It is not repeated'
        : `It is repeated for at most ${repeatedForMs} ms (writeTimeoutMs)`;
    return new BackendError(
      known?.code ?? 'ERR_SLUICE_BACKEND_FAILED',
      `The ${this.#backend} backend failed at ${call}: ${reasonOf(cause)}. ${next}; further failures are not reported until ${this.#calls} succeed again.`,
      { retryable: known?.retryable ?? false, outcome: known?.outcome ?? 'unknown', cause },
    );
  }
}
