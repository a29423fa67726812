import type { Tally } from './history.js';

/**
 * How often each increment may count, after data went back to an earlier state. A restore brings back what came out since the snapshot, and the backend cannot know:
 * - what was pending, or a dead letter, is in a new batch the next time, with an id that the ledger does not have.
 *   What was in a batch is not: the batch has the same id;
 * - what was written since then is written again by its producer, if that still has it.
 *
 * Nothing else may count twice. While no batch is applied between the snapshot and the restore, nothing may.
 */
export class Allowances {
  readonly #most = new Map<string, number>();

  /** How often an increment may count, at most. */
  of(mark: string): number {
    return this.#most.get(mark) ?? 1;
  }

  /**
   * The data goes back to a snapshot.
   * @param known the increments that were in the backend, or had come out of it, at the time of the snapshot
   * @param toCome what the snapshot holds that is still to come out
   * @param out what has come out by now
   */
  restored(marks: Iterable<string>, known: ReadonlySet<string>, toCome: Tally, out: Tally): void {
    for (const mark of marks) {
      const isWrittenAgain = !known.has(mark) && out.of(mark) > 0;
      const times = toCome.of(mark) + out.of(mark) + (isWrittenAgain ? 1 : 0);
      if (times > this.of(mark)) this.#most.set(mark, times);
    }
  }
}
