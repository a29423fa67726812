import { namesInOrder } from '../entry/target-key.js';
import type { Filters, FilterValue } from '../schema.js';
import { millisecondsOf } from '../support/date.js';
import { isRecord } from '../support/validate.js';
import type { Slot } from './slot.js';

/** Where an open slot is in the index. */
export interface Place {
  /** Takes the slot out, and what led to nothing else. */
  leave(slot: Slot): void;
}

/** Where the values of one filter lead, below the filters before it. The first one is the model, in place of a filter. */
class Branch implements Place {
  readonly leads = new Map<FilterValue, Slot | Fork>();

  constructor(
    readonly filter: string,
    readonly fork: Fork | undefined,
  ) {}

  /** The fork under a value; a slot that is there moves into it. */
  forkAt(value: FilterValue): Fork {
    const at = this.leads.get(value);
    if (at instanceof Fork) return at;
    const fork = new Fork(this, value);
    if (at !== undefined) fork.enter(at);
    this.leads.set(value, fork);
    return fork;
  }

  enter(slot: Slot, value: FilterValue): void {
    this.leads.set(value, slot);
    slot.place = this;
    slot.value = value;
  }

  leave({ value }: Slot): void {
    this.cut(value);
  }

  cut(value: FilterValue): void {
    this.leads.delete(value);
    if (this.leads.size === 0) this.fork?.drop(this);
  }
}

/** Where targets part that have the model and the first filters in common. */
class Fork implements Place {
  #branches: readonly Branch[] = [];
  /** The slot of the target that has no more filters. */
  slot: Slot | undefined;

  constructor(
    readonly branch: Branch,
    readonly value: FilterValue,
  ) {}

  find(filter: string): Branch | undefined {
    for (const branch of this.#branches) if (branch.filter === filter) return branch;
    return undefined;
  }

  grow(filter: string): Branch {
    const branch = new Branch(filter, this);
    this.#branches = [...this.#branches, branch];
    return branch;
  }

  drop(branch: Branch): void {
    this.#branches = this.#branches.filter((other) => other !== branch);
    this.#cutIfBare();
  }

  enter(slot: Slot): void {
    this.slot = slot;
    slot.place = this;
  }

  leave(): void {
    this.slot = undefined;
    this.#cutIfBare();
  }

  #cutIfBare(): void {
    if (this.slot === undefined && this.#branches.length === 0) this.branch.cut(this.value);
  }
}

/**
 * Finds the open slot of a target by its model and filters as they are given: to look up values that the caller has
 * costs a fraction of what it costs to build the target's key. A tree of the model, then each filter's value, in the
 * order of the names.
 */
export class TargetIndex {
  readonly #ordinary = new Branch('', undefined);
  readonly #signalOnly = new Branch('', undefined);

  /** The open slot of a target; `undefined`, too, for what is no valid target. */
  find(model: string, filters: Filters, signalOnly: boolean): Slot | undefined {
    let at = this.#root(signalOnly).leads.get(model);
    if (!isRecord(filters)) return undefined;
    for (const name of namesInOrder(filters)) {
      if (!(at instanceof Fork)) return undefined;
      at = at.find(name)?.leads.get(comparable(filters[name]));
    }
    return at instanceof Fork ? at.slot : at;
  }

  /** Enters the slot of a valid target that has none. */
  add(slot: Slot, model: string, filters: Filters, signalOnly: boolean): void {
    let branch = this.#root(signalOnly);
    let value: FilterValue = model;
    for (const name of namesInOrder(filters)) {
      const fork: Fork = branch.forkAt(value);
      branch = fork.find(name) ?? fork.grow(name);
      value = comparable(filters[name]);
    }
    const at = branch.leads.get(value);
    if (at instanceof Fork) at.enter(slot);
    else branch.enter(slot, value);
  }

  #root(signalOnly: boolean): Branch {
    return signalOnly ? this.#signalOnly : this.#ordinary;
  }
}

// Filters have at most 128 bits, so no bigint of a user is a Date's.
const DATES = 1n << 200n;

/** Maps tell all scalars apart but Dates, of which each is another object. */
function comparable(value: FilterValue | undefined): FilterValue {
  if (typeof value !== 'object' || value === null) return value as FilterValue;
  const time = millisecondsOf(value);
  return time === undefined || Number.isNaN(time) ? value : DATES + BigInt(time);
}
