import { ProcessingError, SinkUnavailableError } from '../errors.js';
import type { Clock } from '../support/clock.js';
import type { Lease } from './lease.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Rejection } from './sink.js';

/** What running a sink came to: the entries it rejected, or why the batch comes again. */
export type SinkOutcome = { readonly rejected: readonly Rejection[] } | SinkFailure;

export interface SinkFailure {
  readonly error: unknown;
  /** Whether the sink came to a verdict about the data. One that was interrupted did not, nor one that says so. */
  readonly isVerdict: boolean;
}

/** One run of a sink on a batch, while its lease is kept, for a limited time. */
export class SinkRun {
  readonly #keeper: LeaseKeeper;
  readonly #lease: Lease;
  readonly #sinkTimeoutMs: number;
  readonly #clock: Clock;
  #cancelTimeout: () => void = () => {};

  constructor(keeper: LeaseKeeper, lease: Lease, options: { sinkTimeoutMs: number; clock: Clock }) {
    this.#keeper = keeper;
    this.#lease = lease;
    this.#sinkTimeoutMs = options.sinkTimeoutMs;
    this.#clock = options.clock;
  }

  /** Never rejects. What a sink does after its time changes nothing here. */
  async outcomeOf(run: (signal: AbortSignal) => Promise<readonly Rejection[]>): Promise<SinkOutcome> {
    const { signal } = this.#keeper;
    try {
      await this.#keeper.begin();
      signal.throwIfAborted();
      return { rejected: await Promise.race([run(signal), this.#timeout()]) };
    } catch (error) {
      return { error, isVerdict: !signal.aborted && !(error instanceof SinkUnavailableError) };
    } finally {
      this.#keeper.stop();
      this.#cancelTimeout();
    }
  }

  /** Aborts the sink, and waits for its end without a limit. */
  abort(reason: unknown): void {
    this.#cancelTimeout();
    this.#keeper.abort(reason);
  }

  #timeout(): Promise<never> {
    return new Promise((_, reject) => {
      this.#cancelTimeout = this.#clock.after(this.#sinkTimeoutMs, () => {
        const { id, partition } = this.#lease.batch;
        const error = new ProcessingError(
          'ERR_SLUICE_SINK_TIMEOUT',
          `The sink ran on batch ${id} of partition ${partition} for ${this.#sinkTimeoutMs} ms (sinkTimeoutMs) and was given up. The batch is delivered again; make the sink stop when its signal aborts.`,
        );
        // First, so that it is the outcome, whatever the sink throws when its signal aborts.
        reject(error);
        this.#keeper.abort(error);
      });
    });
  }
}
