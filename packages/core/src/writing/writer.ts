import type { Backend } from '../backend.js';
import { fieldsOf } from '../entry/increment.js';
import { targetKey } from '../entry/target-key.js';
import type { Emitter } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import type { Columns, Extra, Filters } from '../schema.js';
import type { Clock } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { Outage } from '../support/outage.js';
import { partitionOf } from '../support/partition.js';
import { isRecord } from '../support/validate.js';
import { IdempotentProducer } from './idempotent-producer.js';
import { Linger } from './linger.js';
import type { OpenEntry } from './open-entry.js';
import { PendingLimit } from './pending-limit.js';
import { ReplayBudget } from './replay-budget.js';
import { TargetBudget } from './target-budget.js';
import { TargetIndex } from './target-index.js';
import { WriteErrors } from './write-errors.js';
import { WriteScheduler } from './write-scheduler.js';
import { WriteSequence } from './write-sequence.js';

/**
 * The way in: adds increments up per target, and leaves the writing of each partition to a scheduler. One index serves all
 * partitions, so that an increment of a target with an open entry needs neither the target's key nor its partition.
 */
export class Writer {
  readonly #index = new TargetIndex();
  readonly #budget: TargetBudget;
  readonly #replayBudget: ReplayBudget;
  readonly #pendingLimit: PendingLimit | undefined;
  readonly #clock: Clock;
  readonly #producers: IdempotentProducer[] = [];
  readonly #schedulers: readonly WriteScheduler[];
  readonly #stopListening: (() => void) | undefined;
  #increments = 0;

  constructor(backend: Backend, options: ResolvedOptions, events: Emitter, outage: Outage) {
    this.#budget = new TargetBudget(options.maxTargets);
    this.#replayBudget = new ReplayBudget(options.clock);
    const { maxPending } = options;
    if (maxPending !== undefined) this.#pendingLimit = new PendingLimit(backend, options, outage, maxPending);
    this.#clock = options.clock;
    const linger = new Linger(options);
    const checkEpochs = (): void => {
      for (const producer of this.#producers) void producer.checkEpoch();
    };
    this.#stopListening = backend.onConnectionChange?.(() => {
      for (const producer of this.#producers) void producer.catchUp();
    });
    this.#schedulers = Array.from({ length: options.partitions }, (_, partition) => {
      const errors = new WriteErrors(partition, backend.name);
      const sequence = new WriteSequence(partition, options.random, this.#replayBudget);
      const producer = new IdempotentProducer(
        partition,
        sequence,
        backend,
        options,
        errors,
        events,
        outage,
        checkEpochs,
        () => void this.#lookForWipe(),
      );
      this.#producers.push(producer);
      return new WriteScheduler(partition, producer, this.#budget, linger, errors, options.clock);
    });
  }

  /** Characters of the writes that are kept for replays. */
  get replayLength(): number {
    return this.#replayBudget.length;
  }

  /** Increments taken. */
  get increments(): number {
    return this.#increments;
  }

  /** Targets held: waiting, or in a write that is not settled. */
  get held(): number {
    return this.#budget.held;
  }

  /** How long the oldest of them has been held, in milliseconds; 0 if there is none. */
  get heldForMs(): number {
    const since = this.#schedulers.reduce(
      (earliest, scheduler) => Math.min(earliest, scheduler.heldSince ?? earliest),
      Number.POSITIVE_INFINITY,
    );
    return since === Number.POSITIVE_INFINITY ? 0 : this.#clock.now() - since;
  }

  /**
   * Takes an increment. The promise resolves when the backend has it, and rejects if the backend did not take it.
   * @throws InvalidInputError as `targetKey` and `fieldsOf` do, or IncrementError `ERR_SLUICE_OVERFLOW`, `ERR_SLUICE_FULL`
   */
  incr(
    model: string,
    columns: Columns,
    filters: Filters,
    extra: Extra | undefined,
    signalOnly: boolean,
  ): Promise<void> {
    let entry = this.#index.find(model, filters, signalOnly);
    if (entry === undefined) entry = this.#open(model, columns, filters, extra, signalOnly);
    else entry.add(columns, extra);
    this.#increments += 1;
    return entry.acknowledged;
  }

  /**
   * Writes everything held, without lingering, and looks whether what was written before is still there. Rejects with the
   * first error if the backend did not take something.
   */
  async flush(): Promise<void> {
    const flushed = await Promise.allSettled(this.#schedulers.map((scheduler) => scheduler.flush()));
    await this.#lookForWipe();
    const failed = flushed.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Rejects everything held, now: for a `close()` that ran out of time. */
  shutdown(): void {
    this.#stopListening?.();
    this.#pendingLimit?.close();
    for (const scheduler of this.#schedulers) scheduler.shutdown();
  }

  /** One producer is enough: if its partition was wiped, all look. */
  async #lookForWipe(): Promise<void> {
    await this.#producers.find((producer) => producer.hasAcknowledged)?.checkEpoch();
    await Promise.all(this.#producers.map((producer) => producer.checked));
  }

  /** Opens an entry with its first increment. */
  #open(
    model: string,
    columns: Columns,
    filters: Filters,
    extra: Extra | undefined,
    signalOnly: boolean,
  ): OpenEntry {
    // A getter may return another value each time, and the index must hold what the key holds.
    const values = isRecord(filters) ? { ...filters } : filters;
    const key = targetKey(model, values, signalOnly);
    const fields = fieldsOf(columns, extra);
    const partition = partitionOf(key, this.#schedulers.length);
    const scheduler = this.#schedulers[partition];
    invariant(scheduler !== undefined, 'a target was given a partition that does not exist');
    this.#pendingLimit?.check(partition);
    this.#budget.reserve(partition);
    const entry = scheduler.queue.open(key, fields);
    this.#index.insert(entry, model, values, signalOnly);
    scheduler.entryOpened();
    return entry;
  }
}
