import { fieldsOf } from '../entry/fields.js';
import { isRecord, targetKey } from '../entry/target-key.js';
import { IncrementError } from '../errors.js';
import type { Columns, Extra, Filters } from '../schema.js';
import { partitionOf } from '../support/partition.js';
import type { OpenEntry } from './open-entry.js';
import { TargetIndex } from './target-index.js';
import { WRITE_TARGETS, WriteGroup } from './write-group.js';

/**
 * Adds increments up per target, in this process. An entry takes increments until its partition's next write takes it;
 * later increments of the target open another one. One index serves all partitions, so that an increment of a known
 * target needs no routing.
 */
export class Accumulator {
  readonly #partitions: number;
  readonly #maxTargets: number;
  readonly #index = new TargetIndex();
  readonly #queues: WriteGroup[][];
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
    return last === undefined ? 0 : (queue.length - 1) * WRITE_TARGETS + last.entries.length;
  }

  /** The entry that takes increments of this target now, if there is one. */
  find(model: string, filters: Filters, signalOnly: boolean): OpenEntry | undefined {
    return this.#index.find(model, filters, signalOnly);
  }

  /**
   * Opens an entry with a first increment.
   * @throws InvalidInputError as `targetKey` and `fieldsOf` do, or IncrementError `ERR_SLUICE_FULL`
   */
  open(
    model: string,
    columns: Columns,
    filters: Filters,
    extra: Extra | undefined,
    signalOnly: boolean,
  ): OpenEntry {
    // A getter may answer anew each time, and the index must have what the key has.
    const values = isRecord(filters) ? { ...filters } : filters;
    const key = targetKey(model, values, signalOnly);
    const fields = fieldsOf(columns, extra);
    const partition = partitionOf(key, this.#partitions);
    if (this.#held >= this.#maxTargets) throw full(this.#maxTargets, partition);
    this.#held += 1;
    return this.#index.insert(model, values, signalOnly, (position) =>
      this.#group(partition).open(key, fields, position),
    );
  }

  /** Freezes and hands over the oldest entries of a partition, if any wait: from now on nothing merges into them. */
  take(partition: number): WriteGroup {
    const group = this.#queue(partition).shift() ?? new WriteGroup(partition);
    group.close();
    return group;
  }

  /** Forgets entries that were taken, once their increments are settled. */
  release({ entries }: WriteGroup): void {
    this.#held -= entries.length;
  }

  /** The group that takes the next entry of a partition. */
  #group(partition: number): WriteGroup {
    const queue = this.#queue(partition);
    const last = queue.at(-1);
    if (last !== undefined && !last.isFull) return last;
    const group = new WriteGroup(partition);
    queue.push(group);
    return group;
  }

  #queue(partition: number): WriteGroup[] {
    return this.#queues[partition] as WriteGroup[];
  }
}

function full(maxTargets: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_FULL',
    `This process already holds ${maxTargets} targets that the backend has not taken (maxTargets). Slow down, or await \`incr\`; if the backend is down, try again later.`,
    { partition, outcome: 'refused' },
  );
}
