import type { Tally } from './history.js';

/**
 * How often each increment may count, after data went back to an earlier state. A restore brings back what came out since the snapshot, and the backend cannot know:
 * - what was pending, or a dead letter, is in a new batch the next time, with an id that the ledger does not have.
 *   What was in a batch is not: the batch has the same id;
 * - what was claimed since then may still be applied, by a worker that does not know that its batch is gone;
 * - what was written since then is written again by its producer, if that still has it.
 *
 * Nothing else may count twice. If all workers stood still from the snapshot to the restore, nothing may.
 */
export class Allowances {
  readonly #most = new Map<string, number>();

  /** How often an increment may count, at most. */
  of(mark: string): number {
    return this.#most.get(mark) ?? 1;
  }

  /**
   * The data goes back to a snapshot.
   * @param writtenSince whether an increment was written since the snapshot
   * @param toCome what the snapshot holds that is still to come out
   * @param out what has come out by now
   * @param underWay what is in batches that are gone, and may yet be applied
   */
  restored(
    marks: Iterable<string>,
    writtenSince: (mark: string) => boolean,
    toCome: Tally,
    out: Tally,
    underWay: Tally,
  ): void {
    for (const mark of marks) {
      const mayBeOut = out.of(mark) + underWay.of(mark);
      const times = toCome.of(mark) + mayBeOut + (writtenSince(mark) ? 1 : 0);
      if (times > this.of(mark)) this.#most.set(mark, times);
    }
  }
}
