import type { Write } from '../backend.js';
import { invariant } from '../support/invariant.js';

// Eight full writes: a replica lags by milliseconds.
const REPLAY_TARGETS = 2000;

/** The latest writes of a sequence, oldest first, for a backend whose replica took over without them. */
export class ReplayRing {
  #writes: Write[] = [];
  #targets = 0;

  /** Adds the write that follows the last one, and drops the oldest ones that it has no room for. */
  add(write: Write): void {
    const last = this.#writes.at(-1);
    invariant(
      last === undefined || write.number === last.number + 1,
      `write ${write.number} was remembered after write ${last?.number}`,
    );
    this.#writes.push(write);
    this.#targets += sizeOf(write);
    while (this.#targets > REPLAY_TARGETS) this.#targets -= sizeOf(this.#writes.shift() as Write);
  }

  /** All writes after a number; none if the ring no longer has the first of them. */
  after(number: number): readonly Write[] {
    const writes = this.#writes.filter((write) => write.number > number);
    return writes[0]?.number === number + 1 ? writes : [];
  }

  clear(): void {
    this.#writes = [];
    this.#targets = 0;
  }
}

/** Targets of a write; an empty one takes room, too. */
function sizeOf({ entries }: Write): number {
  return Math.max(1, entries.length);
}
