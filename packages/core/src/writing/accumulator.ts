import { fieldsOf } from '../entry/increment.js';
import { targetKey } from '../entry/target-key.js';
import { IncrementError } from '../errors.js';
import type { Columns, Extra, Filters } from '../schema.js';
import { partitionOf } from '../support/partition.js';
import { isRecord } from '../support/validate.js';
import { type Slot, SlotGroup } from './slot.js';
import { TargetIndex } from './target-index.js';

/** Targets a write, at most: a script of Redis that merges so many holds the server for one or two milliseconds. */
export const WRITE_TARGETS = 250;

/**
 * Adds increments up per target, in this process. A slot takes increments until its partition's next write takes it;
 * later increments of the target start a new slot. One index serves all partitions, so that an increment of a known
 * target needs no routing.
 */
export class Accumulator {
  readonly #partitions: number;
  readonly #maxTargets: number;
  readonly #index = new TargetIndex();
  readonly #queues: SlotGroup[][];
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
    const queue = this.#queue(partition);
    const last = queue.at(-1);
    return last === undefined ? 0 : (queue.length - 1) * WRITE_TARGETS + last.slots.length;
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
    const slot = this.#group(partition).add(fields, key, partition);
    this.#index.add(slot, model, values, signalOnly);
    this.#held += 1;
    return slot;
  }

  /** Freezes and hands over the oldest slots of a partition, if any wait: from now on nothing merges into them. */
  take(partition: number): SlotGroup {
    const group = this.#queue(partition).shift() ?? new SlotGroup();
    for (const slot of group.slots) slot.place?.leave(slot);
    return group;
  }

  /** Forgets slots that were taken, once their increments are settled. */
  release({ slots }: SlotGroup): void {
    this.#held -= slots.length;
  }

  /** The group that takes the next slot of a partition. */
  #group(partition: number): SlotGroup {
    const queue = this.#queue(partition);
    const last = queue.at(-1);
    if (last !== undefined && last.slots.length < WRITE_TARGETS) return last;
    const group = new SlotGroup();
    queue.push(group);
    return group;
  }

  #queue(partition: number): SlotGroup[] {
    return this.#queues[partition] as SlotGroup[];
  }
}

function full(maxTargets: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_FULL',
    `This process already holds ${maxTargets} targets that the backend has not taken (maxTargets). Slow down, or await \`incr\`; if the backend is down, try again later.`,
    { partition, outcome: 'refused' },
  );
}
