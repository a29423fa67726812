import { IncrementError } from './errors.js';
import { type Fields, fieldsOf } from './fields.js';
import { partitionOf } from './router.js';
import { isRecord, targetKey } from './target.js';
import { type Place, TargetIndex } from './target-index.js';
import type { Columns, Extra, Filters, FilterValue } from './types.js';

/** Targets a write, at most: a script of Redis that merges so many holds the server for one or two milliseconds. */
export const WRITE_TARGETS = 250;

// One executor for all promises: a closure a slot would be a tenth of what a slot takes.
const latest = { resolve: (): void => {}, reject: (_: unknown): void => {} };
function keepResolvers(resolve: () => void, reject: (error: unknown) => void): void {
  latest.resolve = resolve;
  latest.reject = reject;
}

/** What this process holds for one target, until the backend has it. */
export class Slot {
  /** Shared by all increments of the target that go in one write. */
  readonly acknowledged: Promise<void>;
  /** Where the index has the slot, while it is open. */
  place: Place | undefined;
  value: FilterValue = null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;

  constructor(
    readonly fields: Fields,
    readonly key: string,
    readonly partition: number,
  ) {
    this.acknowledged = new Promise<void>(keepResolvers);
    this.resolve = latest.resolve;
    this.reject = latest.reject;
  }
}

/**
 * Adds increments up per target, in this process. A slot takes increments until its partition's next write takes it;
 * later increments of the target start a new slot. One index serves all partitions, so that an increment of a known
 * target needs no routing.
 */
export class Accumulator {
  readonly #partitions: number;
  readonly #maxTargets: number;
  readonly #index = new TargetIndex();
  readonly #queues: Slot[][];
  #held = 0;

  constructor(partitions: number, maxTargets: number) {
    this.#partitions = partitions;
    this.#maxTargets = maxTargets;
    this.#queues = Array.from({ length: partitions }, () => []);
  }

  /** Targets held: waiting, or in a write that has no answer yet. */
  get held(): number {
    return this.#held;
  }

  /** Whether an eighth of the room is left, or less. */
  get isCrowded(): boolean {
    return this.#held >= (7 / 8) * this.#maxTargets;
  }

  /** Targets of a partition that wait for a write. */
  waiting(partition: number): number {
    return this.#queue(partition).length;
  }

  /** The slot that takes increments of this target now, if there is one. */
  find(model: string, filters: Filters, signalOnly: boolean): Slot | undefined {
    return this.#index.find(model, filters, signalOnly);
  }

  /**
   * Opens a slot with a first increment.
   * @throws InvalidInputError as `targetKey` and `fieldsOf` do, or IncrementError `ERR_SLUICE_FULL`
   */
  open(
    model: string,
    columns: Columns,
    filters: Filters,
    extra: Extra | undefined,
    signalOnly: boolean,
  ): Slot {
    // A getter may answer anew each time, and the index must have what the key has.
    const values = isRecord(filters) ? { ...filters } : filters;
    const key = targetKey(model, values, signalOnly);
    const fields = fieldsOf(columns, extra);
    const partition = partitionOf(key, this.#partitions);
    if (this.#held >= this.#maxTargets) throw full(this.#maxTargets, partition);
    const slot = new Slot(fields, key, partition);
    this.#index.add(slot, model, values, signalOnly);
    this.#queue(partition).push(slot);
    this.#held += 1;
    return slot;
  }

  /** Freezes and hands over the oldest slots of a partition: from now on nothing merges into them. */
  take(partition: number): Slot[] {
    const slots = this.#queue(partition).splice(0, WRITE_TARGETS);
    for (const slot of slots) slot.place?.leave(slot);
    return slots;
  }

  /** Forgets slots that were taken, once their increments are settled. */
  release(slots: readonly Slot[]): void {
    this.#held -= slots.length;
  }

  #queue(partition: number): Slot[] {
    return this.#queues[partition] as Slot[];
  }
}

function full(maxTargets: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_FULL',
    `This process already holds ${maxTargets} targets that the backend has not taken (maxTargets). Slow down, or await \`incr\`; if the backend is down, try again later.`,
    { partition, outcome: 'refused' },
  );
}
