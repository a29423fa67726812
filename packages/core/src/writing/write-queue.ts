import type { Fields } from '../entry/fields.js';
import type { Clock } from '../support/clock.js';
import type { OpenEntry } from './open-entry.js';
import { WRITE_TARGETS, WriteGroup } from './write-group.js';

/** The open entries of one partition, in the groups in which they will be written. */
export class WriteQueue {
  readonly #partition: number;
  readonly #clock: Clock;
  readonly #groups: WriteGroup[] = [];

  constructor(partition: number, clock: Clock) {
    this.#partition = partition;
    this.#clock = clock;
  }

  /** Targets that wait for a write. */
  get length(): number {
    const last = this.#groups.at(-1);
    return last === undefined ? 0 : (this.#groups.length - 1) * WRITE_TARGETS + last.entries.length;
  }

  /** When the first of them came. */
  get since(): number | undefined {
    return this.#groups[0]?.since;
  }

  /** Opens an entry at the end of the queue. */
  open(key: string, fields: Fields): OpenEntry {
    return this.#lastGroup().open(key, fields);
  }

  /** Takes the oldest group, and closes its entries: from now on nothing merges into them. */
  take(): WriteGroup | undefined {
    const group = this.#groups.shift();
    group?.close();
    return group;
  }

  /** The group that takes the next entry. */
  #lastGroup(): WriteGroup {
    const last = this.#groups.at(-1);
    if (last !== undefined && !last.isFull) return last;
    const group = new WriteGroup(this.#partition, this.#clock.now());
    this.#groups.push(group);
    return group;
  }
}
