import type { Fields } from '../entry/fields.js';
import type { FilterValue } from '../schema.js';
import type { Place } from './target-index.js';

/** What this process holds for one target, until the backend has it. */
export class Slot {
  /** Where the index has the slot, while it is open. */
  place: Place | undefined;
  value: FilterValue = null;

  constructor(
    readonly fields: Fields,
    readonly key: string,
    readonly partition: number,
    /** Shared by all increments of the target that go in one write. */
    readonly acknowledged: Promise<void>,
  ) {}
}

/**
 * The slots of one write. Their promises all come from one: two functions to settle each of them would be a third of
 * what a slot takes.
 */
export class SlotGroup {
  readonly slots: Slot[] = [];
  /** Settles all slots; the failures are by the slot's place. */
  settle!: (failures: ReadonlyMap<number, unknown>) => void;
  /** Rejects all slots, unless they are settled. */
  fail!: (error: unknown) => void;
  readonly #settled: Promise<ReadonlyMap<number, unknown>>;
  #place = 0;

  constructor() {
    this.#settled = new Promise((settle, fail) => {
      this.settle = settle;
      this.fail = fail;
    });
    // Without slots there is nobody to tell.
    this.#settled.catch(() => {});
  }

  add(fields: Fields, key: string, partition: number): Slot {
    const slot = new Slot(fields, key, partition, this.#settled.then(this.#outcome));
    this.slots.push(slot);
    return slot;
  }

  /** The outcome of the next slot: what waits for a promise goes on in the order in which it began to wait. */
  readonly #outcome = (failures: ReadonlyMap<number, unknown>): void => {
    const place = this.#place;
    this.#place += 1;
    if (failures.has(place)) throw failures.get(place);
  };
}
