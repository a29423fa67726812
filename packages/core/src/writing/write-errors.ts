import type { Refusal } from '../backend.js';
import { IncrementError, type Outcome, type SluiceErrorCode } from '../errors.js';
import { reasonOf } from '../support/reason.js';
import { excerpt, quote } from '../support/text.js';

/** The errors that reject increments of one partition. */
export class WriteErrors {
  readonly #partition: number;
  readonly #backend: string;

  constructor(partition: number, backend: string) {
    this.#partition = partition;
    this.#backend = backend;
  }

  /** The backend applied a write, but not the entry of this target. */
  refused(key: string, { reason, field = '' }: Refusal): IncrementError {
    const target = excerpt(key);
    return reason === 'overflow'
      ? this.#error(
          'ERR_SLUICE_OVERFLOW',
          `The sum ${quote(field.slice(1))} of ${target} would pass ±(2^53 − 1), where integers stop being exact. Apply what is pending, or count in larger units.`,
          'refused',
        )
      : this.#error(
          'ERR_SLUICE_CORRUPT_ENTRY',
          `The backend's entry of ${target} is unreadable, so nothing can be added to it. Processing its partition moves it to the dead letters.`,
          'refused',
        );
  }

  failed(cause: unknown, outcome: Outcome): IncrementError {
    const message = `The ${this.#backend} backend failed to take a write: ${reasonOf(cause)}.`;
    return this.#error('ERR_SLUICE_WRITE_FAILED', message, outcome, cause);
  }

  timedOut(cause: unknown, outcome: Outcome, timeoutMs: number): IncrementError {
    const message = `The ${this.#backend} backend did not take a write in ${timeoutMs} ms (writeTimeoutMs). Last error: ${reasonOf(cause)}.`;
    return this.#error('ERR_SLUICE_WRITE_TIMEOUT', message, outcome, cause);
  }

  /** The backend no longer knows the producer, while it is unknown whether it has the write. */
  lost(): IncrementError {
    const message = `The ${this.#backend} backend lost its data, or forgot this producer, while a write was under way.`;
    return this.#error('ERR_SLUICE_WRITE_LOST', message, 'unknown');
  }

  closed(outcome: Outcome): IncrementError {
    const message = 'The buffer was closed before the backend took the increment.';
    return this.#error('ERR_SLUICE_CLOSED', message, outcome);
  }

  #error(code: SluiceErrorCode, message: string, outcome: Outcome, cause?: unknown): IncrementError {
    const fate = outcome === 'refused' ? 'It was not counted.' : 'It may have been counted or not.';
    return new IncrementError(code, `Partition ${this.#partition}: ${message} ${fate}`, {
      partition: this.#partition,
      outcome,
      ...(cause !== undefined && { cause }),
    });
  }
}
