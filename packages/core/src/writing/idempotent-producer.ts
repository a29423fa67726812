import type { AddResult, Backend, Joined, Refusal, StoredEntry, Write } from '../backend.js';
import { BackendError, IncrementError, type Outcome } from '../errors.js';
import type { Emitter } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import { pause } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { Outage } from '../support/outage.js';
import { backoffMs } from '../support/retry.js';
import type { Lost } from './acknowledged.js';
import type { WriteErrors } from './write-errors.js';
import type { Ending, Gap, WriteSequence } from './write-sequence.js';

type ProducerOptions = Pick<ResolvedOptions, 'partitions' | 'writeTimeoutMs' | 'clock' | 'random'>;

/** How long to wait after a look that failed until the next one, in milliseconds. */
const LOOK_AGAIN_MS = 2000;

type Acknowledgement = Exclude<AddResult, Ending | Gap>;

/**
 * Writes to one partition so that each write counts once, even if calls fail and replies are lost. A write is sent,
 * unchanged and under its number in a `WriteSequence`, until its fate is known.
 *
 * The producer is in one of three states:
 * - *idle*: no number is open.
 * - *writing*: one number is open, or is about to be: a sequence that has not begun joins the partition first.
 * - *shut down*, for good: no write begins, and the one under way is no longer waited for.
 *
 * `write` leads from *idle* to *writing*. Each attempt then ends in one of these ways:
 * - `applied` or `duplicate`: the write is acknowledged. *Idle*.
 * - `gap`, and the sequence has every write that is missing, since the data went back to a time before them: they are
 *   sent again, oldest first, then the write itself. Still *writing*.
 * - `gap` that cannot be closed: `lost` events say what is missing, and the write follows what is there. Still *writing*.
 * - `unknown` or `conflict`: the sequence ends. In another epoch, `lost` events say that all of it may be lost. The same
 *   entries are the first write of a new sequence. Still *writing*; but if an earlier attempt may have counted them, the
 *   write ends as lost. *Idle*.
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
  /** Called when the partition was wiped: others may have been, too. */
  readonly #onWiped: () => void;
  /** Called when the partition was joined without a write to compare its epoch with: others may have been wiped. */
  readonly #onFirstJoin: () => void;
  /** Names the calls in messages. */
  readonly #call: string;

  #state: 'idle' | 'writing' | 'shut down' = 'idle';
  readonly #shutdown = new AbortController();
  /** Ends the wait for a call that may never settle. */
  #stopWaiting = (): void => {};

  readonly #sequence: WriteSequence;
  /** A look at what the backend has that is under way. Never rejects. */
  #check: Promise<unknown> | undefined;
  #isCatchingUp = false;

  constructor(
    partition: number,
    sequence: WriteSequence,
    backend: Backend,
    options: ProducerOptions,
    errors: WriteErrors,
    events: Emitter,
    outage: Outage,
    onWiped: () => void,
    onFirstJoin: () => void,
  ) {
    this.#partition = partition;
    this.#sequence = sequence;
    this.#backend = backend;
    this.#options = options;
    this.#errors = errors;
    this.#events = events;
    this.#outage = outage;
    this.#onWiped = onWiped;
    this.#onFirstJoin = onFirstJoin;
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
      if (this.#check !== undefined) await this.#check;
      return await this.#deliver(entries);
    } finally {
      if (!this.#shutdown.signal.aborted) this.#state = 'idle';
    }
  }

  /** Whether there are acknowledged writes that a wipe may have lost. */
  get hasAcknowledged(): boolean {
    return this.#sequence.hasAcknowledged;
  }

  /** Looks whether the partition was wiped while nothing was written, and says what is lost. Never rejects. */
  async checkEpoch(): Promise<void> {
    await this.#look(() => this.#compareEpoch());
  }

  /**
   * Looks whether the data went back while nothing was written, and sends again what it lacks: an empty write finds out, as
   * any other one would. Never rejects.
   */
  async catchUp(): Promise<void> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    const { clock } = this.#options;
    // A write may go in between: then it finds out.
    while (!(await this.#hasCaughtUp())) await pause(clock, LOOK_AGAIN_MS, this.#shutdown.signal);
    this.#isCatchingUp = false;
  }

  async #hasCaughtUp(): Promise<boolean> {
    if (this.#shutdown.signal.aborted) return true;
    const failure = await this.#look(() => this.#deliver([]));
    return !(failure instanceof IncrementError && isRetryable(failure.cause));
  }

  /** Resolves when no look is under way. */
  get checked(): Promise<unknown> {
    return this.#check ?? Promise.resolve();
  }

  /** Gives up the write under way, without waiting for the backend. */
  shutdown(): void {
    this.#state = 'shut down';
    this.#shutdown.abort();
    this.#stopWaiting();
  }

  /** One look at a time, and none that a write under way makes needless. Resolves with what it failed with, if it did. */
  async #look(look: () => Promise<unknown>): Promise<unknown> {
    if (this.#state !== 'idle' || !this.#sequence.hasAcknowledged) return undefined;
    this.#check ??= look()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .finally(() => {
        this.#check = undefined;
      });
    return this.#check;
  }

  async #deliver(entries: readonly StoredEntry[]): Promise<readonly Refusal[]> {
    const { clock, random, writeTimeoutMs } = this.#options;
    const deadline = clock.now() + writeTimeoutMs;
    let ends = 0;
    let write: Write | undefined;
    let outcome: Outcome = 'refused';
    for (let attempt = 1; ; attempt += 1) {
      let result: Acknowledgement | Ending;
      try {
        if (!this.#sequence.hasBegun) await this.#begin();
        write ??= this.#sequence.next(entries);
        const open = write;
        result = await this.#unlessShutDown(() => this.#addOrReplay(open));
      } catch (error) {
        if (write !== undefined && mayHaveCounted(error)) outcome = 'unknown';
        if (!(await this.#waitToRetry(error, attempt, deadline))) throw this.#giveUp(write, outcome, error);
        continue;
      }
      if (isAcknowledged(result)) return this.#acknowledge(write, result);
      this.#lose(this.#sequence.end(write, result));
      if (outcome === 'unknown') throw this.#errors.lost();
      write = undefined;
      ends += 1;
      // What ends again and again must not keep the backend busy.
      if (ends > 1) await pause(clock, backoffMs(ends, random), this.#shutdown.signal);
      if (this.#shutdown.signal.aborted) throw this.#errors.closed(outcome);
    }
  }

  /** Begins a sequence where the partition's data is. */
  async #begin(): Promise<void> {
    const joined = await this.#join();
    if (!this.#sequence.hasAcknowledged) this.#onFirstJoin();
    this.#lose(this.#sequence.begin(joined));
  }

  async #compareEpoch(): Promise<void> {
    const joined = await this.#join();
    if (!this.#sequence.isIn(joined.epoch)) this.#lose(this.#sequence.begin(joined));
  }

  #join(): Promise<Joined> {
    return this.#unlessShutDown(() => this.#backend.join(this.#partition, this.#options.partitions));
  }

  /** Sends a write; after a gap, closes that first, as far as possible. */
  async #addOrReplay(write: Write): Promise<Acknowledgement | Ending> {
    const result = await this.#backend.add(write);
    if (result.status !== 'gap') return result;
    this.#lose(this.#sequence.lostBeyond(result.position));
    const again = await this.#afterGap(write, result);
    if (again.status !== 'gap') return again;
    throw new BackendError(
      'ERR_SLUICE_BACKEND_UNAVAILABLE',
      'The latest writes vanished again while they were replayed.',
      { retryable: true, outcome: 'refused' },
    );
  }

  async #afterGap(write: Write, gap: Gap): Promise<AddResult> {
    const missing = this.#sequence.missing(gap);
    if (missing.length === 0) {
      const { skipping, lost } = this.#sequence.skip(write, gap);
      this.#lose(lost);
      return this.#backend.add(skipping);
    }
    for (const earlier of missing) await this.#replay(earlier);
    return this.#backend.add(write);
  }

  /** Sends an earlier write again. What is refused now was acknowledged then. */
  async #replay(write: Write): Promise<void> {
    const result = await this.#backend.add(write);
    if (!isAcknowledged(result)) return;
    this.#sequence.applied(write, result.position);
    if (result.refused.length === 0) return;
    const { partition, producer, number } = write;
    const targets = result.refused.map(({ index }) => write.entries[index]?.key ?? '');
    this.#lose([{ partition, producer, from: number, to: number, reason: 'refused', targets }]);
  }

  /** Rejects on shutdown: a call of the backend may never settle. */
  #unlessShutDown<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stopWaiting = () => {
        const detail = { retryable: true, outcome: 'unknown' } as const;
        reject(new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'It did not reply.', detail));
      };
      call().then(resolve, reject);
    });
  }

  /** Waits until it is time for another attempt. Resolves with `false`, at once, if there will be none. */
  async #waitToRetry(error: unknown, attempt: number, deadline: number): Promise<boolean> {
    const { clock, random, writeTimeoutMs } = this.#options;
    if (!isRetryable(error) || this.#shutdown.signal.aborted) return false;
    this.#outage.failed(this.#call, error, writeTimeoutMs);
    const delayMs = backoffMs(attempt, random);
    if (clock.now() + delayMs > deadline) return false;
    await pause(clock, delayMs, this.#shutdown.signal);
    return !this.#shutdown.signal.aborted;
  }

  #acknowledge(write: Write, { position, refused }: Acknowledgement): readonly Refusal[] {
    this.#outage.succeeded(this.#call);
    this.#sequence.acknowledge(write, position, refused);
    return refused;
  }

  /** Ends a write that failed for good; returns the error for its increments. */
  #giveUp(write: Write | undefined, outcome: Outcome, cause: unknown): IncrementError {
    if (write !== undefined) this.#sequence.giveUp(write, outcome);
    this.#outage.gaveUp(this.#call);
    if (!isRetryable(cause)) {
      this.#outage.failed(this.#call, cause);
      return this.#errors.failed(cause, outcome);
    }
    return this.#shutdown.signal.aborted
      ? this.#errors.closed(outcome)
      : this.#errors.timedOut(cause, outcome, this.#options.writeTimeoutMs);
  }

  #lose(losses: readonly Lost[]): void {
    for (const lost of losses) this.#events.emit('lost', lost);
    if (losses.some(({ reason }) => reason === 'wiped')) this.#onWiped();
  }
}

function isAcknowledged(result: AddResult): result is Acknowledgement {
  return result.status === 'applied' || result.status === 'duplicate';
}

function isRetryable(error: unknown): boolean {
  return error instanceof BackendError && error.retryable;
}

function mayHaveCounted(error: unknown): boolean {
  return !(error instanceof BackendError) || error.outcome === 'unknown';
}
