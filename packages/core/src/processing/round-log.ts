import { PartitionsFailedError, SluiceError } from '../errors.js';
import type { Log } from '../logger.js';
import { codedReasonOf, reasonOf } from '../support/reason.js';

type OnError = ((error: unknown) => void) | undefined;

/** Reports the rounds that fail: to `onError`, or to the log for each reason once, until a round succeeds. */
export class RoundLog {
  readonly #log: Log;
  readonly #onError: OnError;
  readonly #failures = new Set<string>();
  /** What `onError` threw last: a bug in it is logged once. */
  #thrown: string | undefined;

  constructor(log: Log, onError: OnError) {
    this.#log = log;
    this.#onError = onError;
  }

  async failed(error: unknown): Promise<void> {
    if (this.#onError === undefined) return this.#logFailure(error);
    try {
      await this.#onError(error);
    } catch (cause) {
      this.#threw(cause);
    }
  }

  succeeded(): void {
    if (this.#failures.size === 0) return;
    this.#failures.clear();
    this.#log.warn('A worker processes what is pending again.');
  }

  #logFailure(error: unknown): void {
    const errors = error instanceof PartitionsFailedError ? error.errors : [error];
    const [first] = errors;
    const reason = codedReasonOf(first);
    const failure = first instanceof SluiceError ? first.code : reason;
    if (this.#failures.has(failure)) return;
    this.#failures.add(failure);
    const what = errors.length > 1 ? `${errors.length} partitions` : 'what is pending';
    const next = isClosed(error)
      ? 'The worker ends'
      : 'It goes on; rounds that fail like this one are not logged again until one succeeds';
    this.#log.error(`A worker could not process ${what}: ${reason}. ${next}.`);
  }

  /** The option `onError` threw. */
  #threw(cause: unknown): void {
    const reason = reasonOf(cause);
    if (reason === this.#thrown) return;
    this.#thrown = reason;
    this.#log.error(
      `The option "onError" of a worker threw: ${reason}. While it throws the same, that is not logged again.`,
    );
  }
}

export function isClosed(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'ERR_SLUICE_CLOSED';
}
