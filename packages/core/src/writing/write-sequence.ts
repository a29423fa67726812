import { type AddResult, PRODUCER_LIFETIME_MS, type StoredEntry, type Write } from '../backend.js';
import type { Outcome } from '../errors.js';
import type { BufferEvents } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import { randomId } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import { ReplayRing } from './replay-ring.js';

export type Gap = Extract<AddResult, { status: 'gap' }>;

/**
 * The writes of one partition in their order: an id, and under it the numbers 1, 2, 3 … The backend applies a write only
 * if its number follows the last one that it has of this id, so the same write may be sent any number of times.
 *
 * A number is *free* until `next` makes a write of it. Then it is *open*, as at most one number is: the backend may have
 * the write or not. It ends in one of these ways:
 * - `acknowledge`: *settled*. The write is kept for a replay.
 * - `giveUp`, and the backend may have the write: *settled*. An empty write is kept in its place. Whichever of the two
 *   reaches the backend first, the other is a duplicate.
 * - `giveUp`, and the backend certainly lacks the write: *free* again.
 * - `restart`: a new sequence, since the backend lacks earlier numbers for good.
 *
 * A new sequence has another id, number 1 *free*, and nothing to replay. One also begins after a long pause, and when a
 * write is given up before any was acknowledged: then there is no epoch yet by which to distinguish a gap from a wipe.
 */
export class WriteSequence {
  readonly #partition: number;
  readonly #options: Pick<ResolvedOptions, 'clock' | 'random'>;
  readonly #ring = new ReplayRing();
  #id = '';
  /** The last number that is not free. */
  #number = 0;
  #isOpen = false;
  #usedAt = Number.NEGATIVE_INFINITY;
  /** The partition's epoch, as the backend returned it last. */
  #epoch: string | undefined;

  constructor(partition: number, options: Pick<ResolvedOptions, 'clock' | 'random'>) {
    this.#partition = partition;
    this.#options = options;
  }

  /** Opens the next number for these entries. */
  next(entries: readonly StoredEntry[]): Write {
    invariant(!this.#isOpen, 'a write was numbered while the fate of another was open');
    const now = this.#options.clock.now();
    // Backends may forget the number of a producer that was idle for long: the next one would look like a gap.
    if (now - this.#usedAt > PRODUCER_LIFETIME_MS / 2) this.#startNewSequence();
    this.#usedAt = now;
    this.#number += 1;
    this.#isOpen = true;
    return {
      partition: this.#partition,
      producer: this.#id,
      number: this.#number,
      entries,
      newEpoch: `${this.#id}-${this.#number}`,
    };
  }

  /** The backend has the open write. */
  acknowledge(write: Write, epoch: string): void {
    this.#close(write);
    this.#epoch = epoch;
    this.#usedAt = this.#options.clock.now();
    this.#ring.add(write);
  }

  /** The open write is not sent any more. `refused`: the backend certainly lacks it. */
  giveUp(write: Write, outcome: Outcome): void {
    this.#close(write);
    if (this.#epoch === undefined) this.#startNewSequence();
    else if (outcome === 'refused') this.#number -= 1;
    else this.#ring.add({ ...write, entries: [] });
  }

  /**
   * The writes to send again before the open one. Empty without a gap, if the ring no longer has all of them, and in
   * another epoch, where they might count again what was drained before the wipe.
   */
  missing(result: AddResult): readonly Write[] {
    return result.status === 'gap' && result.epoch === this.#epoch ? this.#ring.after(result.last) : [];
  }

  /** Starts a new sequence after a gap that cannot be closed. Returns the writes that the backend no longer has, if any. */
  restart(write: Write, { epoch, last }: Gap): BufferEvents['lost'] | undefined {
    this.#close(write);
    const reason = epoch === this.#epoch ? 'too far behind' : 'wiped';
    this.#epoch = epoch;
    this.#startNewSequence();
    if (write.number === 1) return undefined;
    const { partition, producer } = write;
    return { partition, producer, from: last + 1, to: write.number - 1, reason };
  }

  #close({ producer, number }: Write): void {
    invariant(
      this.#isOpen && producer === this.#id && number === this.#number,
      'a write was settled that is not the open one',
    );
    this.#isOpen = false;
  }

  #startNewSequence(): void {
    this.#id = randomId(this.#options.random);
    this.#number = 0;
    this.#ring.clear();
  }
}
