import { type AddResult, type Backend, PRODUCER_LIFETIME_MS, type Refusal, type Write } from '../backend.js';
import { BackendError, IncrementError, type Outcome } from '../errors.js';
import type { Emitter } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import { pause, randomId } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { Outage } from '../support/outage.js';
import { backoffMs } from '../support/retry.js';
import type { OpenEntry } from './open-entry.js';
import type { TargetBudget } from './target-budget.js';
import { WriteErrors } from './write-errors.js';
import { WRITE_TARGETS, type WriteGroup } from './write-group.js';
import { WriteQueue } from './write-queue.js';

type ProducerOptions = Pick<ResolvedOptions, 'lingerMs' | 'writeTimeoutMs' | 'clock' | 'random'>;

/** Wraps what was thrown, so that "nothing failed" is `undefined` whatever was thrown. */
interface Failure {
  readonly error: unknown;
}

// Writes kept for a replay reach back this many targets: a replica lags by milliseconds.
const REPLAY_TARGETS = 8 * WRITE_TARGETS;

/**
 * Writes one partition's entries to the backend: at most one write at a time, numbered 1, 2, 3 …
 *
 *     idle ──increment──▶ gathering ──linger over, or full──▶ writing ──answer──▶ idle, or gathering again
 *
 * A write is repeated unchanged until there is a definite answer. When the producer gives up on one whose fate is
 * unknown, an empty write takes its number, never other entries: either the backend has the real one, or it will know
 * it for a duplicate, should it still arrive.
 */
export class Producer {
  readonly queue: WriteQueue;
  readonly #partition: number;
  readonly #budget: TargetBudget;
  readonly #backend: Backend;
  readonly #options: ProducerOptions;
  readonly #events: Emitter;
  readonly #outage: Outage;
  readonly #errors: WriteErrors;
  readonly #shutdown = new AbortController();
  /** Ends the wait for the backend's answer. */
  #stopWaiting = (): void => {};

  #id = '';
  #number = 0;
  #usedAt = Number.NEGATIVE_INFINITY;
  #epoch: string | undefined;
  /** The latest writes, oldest first, for a replay. */
  #replayable: Write[] = [];
  #replayableTargets = 0;

  #cancelGathering: (() => void) | undefined;
  /** Slots that have lingered and still wait. */
  #due = 0;
  /** The write under way; it resolves with the first error that its entries got. */
  #writing: Promise<Failure | undefined> | undefined;
  #underWrite: WriteGroup | undefined;
  #opened = 0;
  #settled = 0;

  constructor(
    partition: number,
    budget: TargetBudget,
    backend: Backend,
    options: ProducerOptions,
    events: Emitter,
    outage: Outage,
  ) {
    this.#partition = partition;
    this.queue = new WriteQueue(partition);
    this.#budget = budget;
    this.#backend = backend;
    this.#options = options;
    this.#events = events;
    this.#outage = outage;
    this.#errors = new WriteErrors(partition, backend.name);
  }

  /** To be called when the queue has a new entry. */
  entryOpened(): void {
    this.#opened += 1;
    if (this.#writing !== undefined) return;
    if (this.#isFull()) void this.#write();
    else if (this.#cancelGathering === undefined) this.#gather();
  }

  /**
   * Writes what waits without lingering. Resolves when all entries opened so far are settled.
   * Rejects with the first error if the backend did not take some of them.
   */
  async flush(): Promise<void> {
    const until = this.#opened;
    let failure: Failure | undefined;
    while (this.#settled < until) {
      const failed = await (this.#writing ?? this.#write());
      failure ??= failed;
    }
    if (failure !== undefined) throw failure.error;
  }

  /** Gives up all that is held, now: for a `close()` whose time is over. */
  shutdown(): void {
    this.#cancelGathering?.();
    this.#shutdown.abort();
    this.#stopWaiting();
    this.#underWrite?.fail(this.#errors.closed('unknown'));
    for (let group = this.queue.take(); group !== undefined; group = this.queue.take()) {
      group.fail(this.#errors.closed('refused'));
      this.#settle(group);
    }
  }

  /** Whether to gather no longer. What lingers does so while there is room, as more and more merges. */
  #isFull(): boolean {
    return this.#options.lingerMs === 0 ? this.queue.length >= WRITE_TARGETS : this.#budget.isNearlyFull;
  }

  #gather(): void {
    const { clock, lingerMs } = this.#options;
    const write = (): void => {
      this.#due = this.queue.length;
      if (this.#writing === undefined) void this.#write();
    };
    if (lingerMs > 0) {
      this.#cancelGathering = clock.after(lingerMs, write);
    } else {
      // The end of the current tick: increments made side by side go in one write.
      let cancelled = false;
      this.#cancelGathering = () => {
        cancelled = true;
      };
      queueMicrotask(() => {
        if (!cancelled) write();
      });
    }
  }

  /** Starts one write of what waits; the promise never rejects, the entries carry the outcome. */
  #write(): Promise<Failure | undefined> {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    const group = this.queue.take();
    invariant(group !== undefined && this.#writing === undefined, 'a write was started that must not be');
    this.#underWrite = group;
    this.#due -= group.entries.length;
    this.#writing = this.#deliver(group).then((failure) => {
      this.#settle(group);
      this.#underWrite = undefined;
      this.#writing = undefined;
      if (this.queue.length === 0) return failure;
      if (this.#due > 0 || this.#isFull()) void this.#write();
      else this.#gather();
      return failure;
    });
    return this.#writing;
  }

  #settle(group: WriteGroup): void {
    this.#settled += group.entries.length;
    this.#budget.release(group.entries.length);
  }

  async #deliver(group: WriteGroup): Promise<Failure | undefined> {
    try {
      const refused = await this.#send(group.entries);
      const failures = refused.map((refusal) => {
        const { key } = group.entries[refusal.index] as OpenEntry;
        return [refusal.index, this.#errors.refused(key, refusal)] as const;
      });
      group.settle(new Map(failures));
      return failures[0] && { error: failures[0][1] };
    } catch (error) {
      group.fail(error);
      return { error };
    }
  }

  /** Repeats a write until its answer is definite, and returns the refusals. @throws IncrementError */
  async #send(entries: readonly OpenEntry[]): Promise<readonly Refusal[]> {
    const { clock, random, writeTimeoutMs } = this.#options;
    const call = `a write to partition ${this.#partition}`;
    const deadline = clock.now() + writeTimeoutMs;
    let write = this.#next(entries);
    let outcome: Outcome = 'refused';
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await this.#unlessShutDown(this.#addOrReplay(write));
        if (result.outcome !== 'gap') {
          this.#outage.succeeded(call);
          return this.#acknowledge(write, result);
        }
        this.#reportLost(write, result);
        if (outcome === 'unknown') throw this.#errors.lost();
        write = this.#next(entries);
      } catch (error) {
        if (error instanceof IncrementError) throw error;
        const retryable = error instanceof BackendError && error.retryable;
        if (!(error instanceof BackendError) || error.outcome === 'unknown') outcome = 'unknown';
        const delayMs = backoffMs(attempt, random);
        if (retryable && !this.#shutdown.signal.aborted && clock.now() + delayMs <= deadline) {
          this.#outage.failed(call, error, writeTimeoutMs);
          await pause(clock, delayMs, this.#shutdown.signal);
          continue;
        }
        this.#giveUp(write, outcome);
        this.#outage.gaveUp(call);
        if (!retryable) this.#outage.failed(call, error);
        if (!retryable) throw this.#errors.failed(error, outcome);
        throw this.#shutdown.signal.aborted
          ? this.#errors.closed(outcome)
          : this.#errors.timedOut(error, outcome, writeTimeoutMs);
      }
    }
  }

  /** Rejects on shutdown: a backend may not answer at all. */
  #unlessShutDown<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stopWaiting = () => {
        const detail = { retryable: true, outcome: 'unknown' } as const;
        reject(new BackendError('ERR_SLUICE_BACKEND_UNAVAILABLE', 'It did not answer.', detail));
      };
      if (this.#shutdown.signal.aborted) this.#stopWaiting();
      answer.then(resolve, reject);
    });
  }

  /**
   * Adds a write. If the backend lacks earlier ones of the same epoch (a replica took over without them), they are
   * sent again first. A gap that remains cannot be closed.
   */
  async #addOrReplay(write: Write): Promise<AddResult> {
    const result = await this.#backend.add(write);
    if (result.outcome !== 'gap') return result;
    const missed = this.#missed(result);
    if (missed.length === 0) return result;
    for (const earlier of missed) await this.#backend.add(earlier);
    const again = await this.#backend.add(write);
    if (this.#missed(again).length === 0) return again;
    throw new BackendError(
      'ERR_SLUICE_BACKEND_UNAVAILABLE',
      'The latest writes vanished again while they were replayed.',
      {
        retryable: true,
        outcome: 'refused',
      },
    );
  }

  /** The writes that close a gap; none if there is no gap, or if they cannot. */
  #missed(result: AddResult): readonly Write[] {
    if (result.outcome !== 'gap' || result.epoch !== this.#epoch) return [];
    const missed = this.#replayable.filter(({ number }) => number > result.last);
    return missed[0]?.number === result.last + 1 ? missed : [];
  }

  #next(entries: readonly OpenEntry[]): Write {
    const now = this.#options.clock.now();
    // The backend may forget the number of a producer that was idle for long.
    if (now - this.#usedAt > PRODUCER_LIFETIME_MS / 2) this.#renounce();
    this.#usedAt = now;
    this.#number += 1;
    return {
      partition: this.#partition,
      producer: this.#id,
      number: this.#number,
      entries: entries.map(({ key, fields }) => ({ key, fields })),
      epoch: `${this.#id}-${this.#number}`,
    };
  }

  #renounce(): void {
    this.#id = randomId(this.#options.random);
    this.#number = 0;
    this.#replayable = [];
    this.#replayableTargets = 0;
  }

  #acknowledge(write: Write, result: Exclude<AddResult, { outcome: 'gap' }>): readonly Refusal[] {
    this.#epoch = result.epoch;
    this.#usedAt = this.#options.clock.now();
    this.#keep(write);
    return result.refused;
  }

  /** Makes the next write follow one whose callers were told that it failed. */
  #giveUp(write: Write, outcome: Outcome): void {
    if (this.#epoch === undefined) this.#renounce();
    else if (outcome === 'refused') this.#number -= 1;
    else this.#keep({ ...write, entries: [] });
  }

  #keep(write: Write): void {
    this.#replayable.push(write);
    this.#replayableTargets += weightOf(write);
    while (this.#replayableTargets > REPLAY_TARGETS) {
      this.#replayableTargets -= weightOf(this.#replayable.shift() as Write);
    }
  }

  #reportLost(write: Write, { epoch, last }: { epoch: string; last: number }): void {
    const wiped = epoch !== this.#epoch;
    if (write.number > 1) {
      this.#events.emit('lost', {
        partition: this.#partition,
        producer: write.producer,
        from: last + 1,
        to: write.number - 1,
        reason: wiped ? 'wiped' : 'too far behind',
      });
    }
    this.#epoch = epoch;
    this.#renounce();
  }
}

function weightOf({ entries }: Write): number {
  return Math.max(1, entries.length);
}
