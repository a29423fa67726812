import type { StoredEntry } from '../backend.js';
import type { Clock } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { IdempotentProducer } from './idempotent-producer.js';
import type { Linger } from './linger.js';
import { payloadsOf } from './payloads.js';
import type { TargetBudget } from './target-budget.js';
import type { WriteErrors } from './write-errors.js';
import { WRITE_TARGETS, type WriteGroup } from './write-group.js';
import { WriteQueue } from './write-queue.js';

/** Boxes a thrown value, so that `undefined` always means "no failure", even if `undefined` was thrown. */
interface Failure {
  readonly error: unknown;
}

interface WriteUnderWay {
  readonly group: WriteGroup;
  /** Resolves with the first error among the entries, once all are settled. Never rejects. */
  readonly settled: Promise<Failure | undefined>;
}

/**
 * Decides when a partition's queue is written. How it is written is up to the producer. At most one write is under way.
 *
 *     idle ──entry opened──▶ gathering ──linger over, or full──▶ writing ──settled──▶ idle, gathering or writing
 *
 * How long that is, `Linger` decides for all partitions together. After a write, the entries that were opened meanwhile
 * gather, unless some of them have lingered already or they fill another write.
 */
export class WriteScheduler {
  readonly queue: WriteQueue;
  readonly #producer: IdempotentProducer;
  readonly #budget: TargetBudget;
  readonly #linger: Linger;
  readonly #errors: WriteErrors;

  #underWay: WriteUnderWay | undefined;
  /** Entries in the queue that have lingered. */
  #due = 0;
  #opened = 0;
  #settled = 0;

  constructor(
    partition: number,
    producer: IdempotentProducer,
    budget: TargetBudget,
    linger: Linger,
    errors: WriteErrors,
    clock: Clock,
  ) {
    this.queue = new WriteQueue(partition, clock);
    this.#producer = producer;
    this.#budget = budget;
    this.#linger = linger;
    this.#errors = errors;
  }

  /** When the oldest target that is held came, by the buffer's clock. */
  get heldSince(): number | undefined {
    return this.#underWay?.group.since ?? this.queue.since;
  }

  /** Must be called after each entry that is opened in the queue. */
  entryOpened(): void {
    this.#opened += 1;
    this.#linger.opened(this.#budget.held);
    if (this.#underWay !== undefined) return;
    if (this.#isFull()) this.#write();
    else this.#linger.add(this);
  }

  /** Must be called when what gathers in the queue has lingered. */
  lingered(): void {
    this.#due = this.queue.length;
    this.#write();
  }

  /**
   * Writes what waits, without lingering. Resolves when all entries opened so far are settled.
   * Rejects with the first error if the backend did not take some of them.
   */
  async flush(): Promise<void> {
    const until = this.#opened;
    let failure: Failure | undefined;
    while (this.#settled < until) {
      const { settled } = this.#underWay ?? this.#write();
      const failed = await settled;
      failure ??= failed;
    }
    if (failure !== undefined) throw failure.error;
  }

  /** Rejects everything held, now: for a `close()` that ran out of time. */
  shutdown(): void {
    this.#linger.remove(this);
    this.#producer.shutdown();
    this.#underWay?.group.fail(this.#errors.closed('unknown'));
    for (let group = this.queue.take(); group !== undefined; group = this.queue.take()) {
      group.fail(this.#errors.closed('refused'));
      this.#release(group);
    }
  }

  /** True when a write should start now. A lingering partition gathers, and merges, until the process is nearly full. */
  #isFull(): boolean {
    return this.#linger.ms === 0 ? this.queue.length >= WRITE_TARGETS : this.#budget.isNearlyFull;
  }

  /** Starts a write of the oldest group. */
  #write(): WriteUnderWay {
    this.#linger.remove(this);
    const group = this.queue.take();
    invariant(
      group !== undefined && this.#underWay === undefined,
      'a write was started without entries, or beside another one',
    );
    this.#due -= group.entries.length;
    this.#underWay = { group, settled: this.#deliver(group).then((failure) => this.#next(group, failure)) };
    return this.#underWay;
  }

  /** Ends a write, and starts what comes next. Returns the failure of the write. */
  #next(group: WriteGroup, failure: Failure | undefined): Failure | undefined {
    this.#release(group);
    this.#underWay = undefined;
    if (this.queue.length > 0) {
      if (this.#due > 0 || this.#isFull()) this.#write();
      else this.#linger.add(this);
    }
    return failure;
  }

  #release({ entries }: WriteGroup): void {
    this.#settled += entries.length;
    this.#budget.release(entries.length);
  }

  /** Writes a group and settles its entries. Resolves with the first error that one of them got. */
  async #deliver(group: WriteGroup): Promise<Failure | undefined> {
    const failures = new Map<number, unknown>();
    let first = 0;
    for (const entries of payloadsOf(group.entries)) {
      for (const [index, error] of await this.#writeAll(entries)) failures.set(first + index, error);
      first += entries.length;
    }
    group.settle(failures);
    for (const error of failures.values()) return { error };
    return undefined;
  }

  /** Writes entries. Resolves with the errors of those that were not taken, by their indexes. */
  async #writeAll(entries: readonly StoredEntry[]): Promise<(readonly [number, unknown])[]> {
    try {
      const refused = await this.#producer.write(entries);
      return refused.map((refusal) => {
        const { key } = entries[refusal.index] as StoredEntry;
        return [refusal.index, this.#errors.refused(key, refusal)];
      });
    } catch (error) {
      return entries.map((_, index) => [index, error]);
    }
  }
}
