import { IncrementError } from './errors.js';
import type { Fields } from './fields.js';
import { partitionOf } from './router.js';

/** Targets a write, at most: keeps one write short for the backend. */
export const WRITE_TARGETS = 1000;

/** What this process holds for one target, until the backend has it. */
export interface Slot {
  readonly key: string;
  readonly partition: number;
  readonly fields: Fields;
  /** Shared by all increments of the target that go in one write. */
  readonly acknowledged: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Adds increments up per target, in this process. A slot takes increments until its partition's next write takes it;
 * later increments of the target start a new slot. One map serves all partitions, so that an increment of a known
 * target needs no routing.
 */
export class Accumulator {
  readonly #partitions: number;
  readonly #maxTargets: number;
  readonly #open = new Map<string, Slot>();
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

  /** Targets of a partition that wait for a write. */
  waiting(partition: number): number {
    return this.#queue(partition).length;
  }

  /** The slot that takes increments of this target now, if there is one. */
  find(key: string): Slot | undefined {
    return this.#open.get(key);
  }

  /**
   * Opens a slot with a first increment.
   * @throws IncrementError `ERR_SLUICE_FULL`
   */
  open(key: string, fields: Fields): Slot {
    const partition = partitionOf(key, this.#partitions);
    if (this.#held >= this.#maxTargets) throw full(this.#maxTargets, partition);
    const slot = newSlot(key, partition, fields);
    this.#open.set(key, slot);
    this.#queue(partition).push(slot);
    this.#held += 1;
    return slot;
  }

  /** Freezes and hands over the oldest slots of a partition: from now on nothing merges into them. */
  take(partition: number): Slot[] {
    const slots = this.#queue(partition).splice(0, WRITE_TARGETS);
    for (const slot of slots) this.#open.delete(slot.key);
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

function newSlot(key: string, partition: number, fields: Fields): Slot {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const acknowledged = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { key, partition, fields, acknowledged, resolve, reject };
}

function full(maxTargets: number, partition: number): IncrementError {
  return new IncrementError(
    'ERR_SLUICE_FULL',
    `This process already holds ${maxTargets} targets that the backend has not taken (maxTargets). Slow down, or await \`incr\`; if the backend is down, try again later.`,
    { partition, outcome: 'refused' },
  );
}
