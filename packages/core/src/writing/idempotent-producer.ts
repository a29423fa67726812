import type { AddResult, Backend, Refusal, StoredEntry, Write } from '../backend.js';
import { BackendError, type IncrementError, type Outcome } from '../errors.js';
import type { Emitter } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import { pause } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { Outage } from '../support/outage.js';
import { backoffMs } from '../support/retry.js';
import type { WriteErrors } from './write-errors.js';
import { type Gap, WriteSequence } from './write-sequence.js';

type ProducerOptions = Pick<ResolvedOptions, 'writeTimeoutMs' | 'clock' | 'random'>;

/**
 * Writes to one partition so that each write counts once, even if calls fail and replies are lost. A write is sent,
 * unchanged and under its number in a `WriteSequence`, until its fate is known.
 *
 * The producer is in one of three states:
 * - *idle*: no number is open.
 * - *writing*: one number is open.
 * - *shut down*, for good: no write begins, and the one under way is no longer waited for.
 *
 * `write` leads from *idle* to *writing*. Each attempt then ends in one of these ways:
 * - `applied` or `duplicate`: the write is acknowledged. *Idle*.
 * - `gap`, and the sequence has every write that is missing, since a replica took over without them: they are sent again,
 *   oldest first, then the write itself. Still *writing*.
 * - `gap` that cannot be closed, since the data was wiped or the replica lagged too far behind: a `lost` event, and the
 *   same entries are the first write of a new sequence. Still *writing*; but if an earlier attempt may have counted
 *   the entries, the write ends as lost. *Idle*.
 * - an error that may pass, before the deadline: the same write again, after a growing delay. Still *writing*.
 * - any other error, or shutdown: the write is given up. *Idle*, or *shut down*.
 */
export class IdempotentProducer {
  readonly #partition: number;
  readonly #backend: Backend;
  readonly #options: ProducerOptions;
  readonly #errors: WriteErrors;
  readonly #events: Emitter;
  readonly #outage: Outage;
  /** Names the calls in messages. */
  readonly #call: string;

  #state: 'idle' | 'writing' | 'shut down' = 'idle';
  readonly #shutdown = new AbortController();
  /** Ends the wait for a call that may never settle. */
  #stopWaiting = (): void => {};

  readonly #sequence: WriteSequence;

  constructor(
    partition: number,
    backend: Backend,
    options: ProducerOptions,
    errors: WriteErrors,
    events: Emitter,
    outage: Outage,
  ) {
    this.#partition = partition;
    this.#backend = backend;
    this.#options = options;
    this.#errors = errors;
    this.#events = events;
    this.#outage = outage;
    this.#sequence = new WriteSequence(partition, options);
    this.#call = `a write to partition ${partition}`;
  }

  /**
   * Writes entries, which must not change any more, and returns those that the backend refused. One write at a time.
   * Rejects with an IncrementError that says whether the entries may have been counted.
   */
  async write(entries: readonly StoredEntry[]): Promise<readonly Refusal[]> {
    invariant(
      this.#state === 'idle',
      `a write to partition ${this.#partition} was begun while ${this.#state}`,
    );
    this.#state = 'writing';
    try {
      return await this.#deliver(entries);
    } finally {
      if (!this.#shutdown.signal.aborted) this.#state = 'idle';
    }
  }

  /** Gives up the write under way, without waiting for the backend. */
  shutdown(): void {
    this.#state = 'shut down';
    this.#shutdown.abort();
    this.#stopWaiting();
  }

  async #deliver(entries: readonly StoredEntry[]): Promise<readonly Refusal[]> {
    const { clock, writeTimeoutMs } = this.#options;
    const deadline = clock.now() + writeTimeoutMs;
    let write = this.#sequence.next(entries);
    let outcome: Outcome = 'refused';
    for (let attempt = 1; ; attempt += 1) {
      let result: AddResult;
      try {
        result = await this.#unlessShutDown(this.#addOrReplay(write));
      } catch (error) {
        if (mayHaveCounted(error)) outcome = 'unknown';
        if (!(await this.#waitToRetry(error, attempt, deadline))) throw this.#giveUp(write, outcome, error);
        continue;
      }
      if (result.status !== 'gap') return this.#acknowledge(write, result);
      this.#lose(write, result);
      if (outcome === 'unknown') throw this.#errors.lost();
      write = this.#sequence.next(entries);
    }
  }

  /** Sends a write; after a gap that can be closed, the missing writes first, and then the write again. */
  async #addOrReplay(write: Write): Promise<AddResult> {
    const result = await this.#backend.add(write);
    const missing = this.#sequence.missing(result);
    if (missing.length === 0) return result;
    for (const earlier of missing) await this.#backend.add(earlier);
    const again = await this.#backend.add(write);
    if (this.#sequence.missing(again).length === 0) return again;
    throw new BackendError(
      'ERR_SLUICE_BACKEND_UNAVAILABLE',
      'The latest writes vanished again while they were replayed.',
      { retryable: true, outcome: 'refused' },
    );
  }

  /** Rejects on shutdown: a call of the backend may never settle. */
  #unlessShutDown<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stopWaiting = () => {
        const detail = { retryable: true, outcome: 'unknown' } as const;
        reject(new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'It did not reply.', detail));
      };
      if (this.#shutdown.signal.aborted) this.#stopWaiting();
      call.then(resolve, reject);
    });
  }

  /** Waits until it is time for another attempt. Resolves with `false`, at once, if there will be none. */
  async #waitToRetry(error: unknown, attempt: number, deadline: number): Promise<boolean> {
    const { clock, random, writeTimeoutMs } = this.#options;
    const delayMs = backoffMs(attempt, random);
    const { signal } = this.#shutdown;
    if (!isRetryable(error) || signal.aborted) return false;
    this.#outage.failed(this.#call, error, writeTimeoutMs);
    if (clock.now() + delayMs > deadline) return false;
    await pause(clock, delayMs, signal);
    return true;
  }

  #acknowledge(write: Write, { epoch, refused }: Exclude<AddResult, Gap>): readonly Refusal[] {
    this.#outage.succeeded(this.#call);
    this.#sequence.acknowledge(write, epoch);
    return refused;
  }

  /** Ends a write that failed for good; returns the error for its increments. */
  #giveUp(write: Write, outcome: Outcome, cause: unknown): IncrementError {
    this.#sequence.giveUp(write, outcome);
    this.#outage.gaveUp(this.#call);
    if (!isRetryable(cause)) {
      this.#outage.failed(this.#call, cause);
      return this.#errors.failed(cause, outcome);
    }
    return this.#shutdown.signal.aborted
      ? this.#errors.closed(outcome)
      : this.#errors.timedOut(cause, outcome, this.#options.writeTimeoutMs);
  }

  #lose(write: Write, gap: Gap): void {
    const lost = this.#sequence.restart(write, gap);
    if (lost !== undefined) this.#events.emit('lost', lost);
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof BackendError && error.retryable;
}

function mayHaveCounted(error: unknown): boolean {
  return !(error instanceof BackendError) || error.outcome === 'unknown';
}
