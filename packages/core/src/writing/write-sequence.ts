import type { AddResult, Joined, Position, Refusal, StoredEntry, Write } from '../backend.js';
import type { Outcome } from '../errors.js';
import { type Random, randomId } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import { Acknowledged, type Lost } from './acknowledged.js';
import type { ReplayBudget } from './replay-budget.js';
import { type Replayable, ReplayRing } from './replay-ring.js';

/** Results of `add` after which a sequence is over. */
export type Ending = Extract<AddResult, { readonly status: 'unknown' | 'conflict' }>;

export type Gap = Extract<AddResult, { readonly status: 'gap' }>;

/**
 * The writes of one partition in their order: an id, and under it the numbers 1, 2, 3 … The backend applies a write only
 * if it follows the last one that it has of this id, so the same write may be sent any number of times.
 *
 * A sequence begins where the producer joined the partition: in an epoch, at a position, under the id that it got there.
 * A number is *free* until `next` makes a write of it. Then it is *open*, as at most one number is: the backend may have
 * the write or not. It ends in one of these ways:
 * - `acknowledge`: *settled*. The write is kept for a replay.
 * - `giveUp`, and the backend may have the write: *settled*. An empty write with the same nonce is kept in its place.
 *   Whichever of the two reaches the backend first, the other is a duplicate.
 * - `giveUp`, and the backend certainly lacks the write: *free* again.
 * - `end`: the sequence is over, since the backend does not know the id any more, or has the number from another process,
 *   of which this one is a copy. `begin` starts another one, with number 1 *free* and nothing to replay.
 *
 * After a gap the missing writes are sent again. `skip` is for a gap that cannot be closed: the open write, still *open*,
 * follows what the backend has. So late copies of it, and of what is missing, cannot count any more.
 */
export class WriteSequence {
  readonly #random: Random;
  readonly #ring: ReplayRing;
  readonly #acknowledged: Acknowledged;
  readonly #partition: number;
  #id = '';
  /** The last number that is not free. */
  #number = 0;
  #isOpen = false;
  /** Where the producer joined; `undefined` before the beginning. */
  #joined: Position | undefined;

  constructor(partition: number, random: Random, budget: ReplayBudget) {
    this.#partition = partition;
    this.#random = random;
    this.#ring = new ReplayRing(budget);
    this.#acknowledged = new Acknowledged(partition);
  }

  get hasBegun(): boolean {
    return this.#joined !== undefined;
  }

  /** Whether there are acknowledged writes that a wipe may have lost. */
  get hasAcknowledged(): boolean {
    return this.#acknowledged.epoch !== undefined;
  }

  /** Whether the acknowledged writes are of this epoch. */
  isIn(epoch: string): boolean {
    return this.#acknowledged.epoch === epoch;
  }

  /** Starts where the producer joined. Returns what is lost, as far as that tells. */
  begin({ producer, epoch, position }: Joined): readonly Lost[] {
    invariant(!this.#isOpen, 'a sequence was begun while the fate of a write was open');
    this.#id = producer;
    this.#number = 0;
    this.#ring.clear();
    this.#joined = { epoch, position };
    return [...this.#acknowledged.lostUnlessIn(epoch), ...this.lostBeyond(position)];
  }

  /** Opens the next number for these entries. */
  next(entries: readonly StoredEntry[]): Write {
    invariant(!this.#isOpen, 'a write was numbered while the fate of another was open');
    this.#number += 1;
    this.#isOpen = true;
    return this.#write({ number: this.#number, nonce: randomId(this.#random, 10), entries });
  }

  /** The backend has the open write. */
  acknowledge(write: Write, position: number, refused: readonly Refusal[]): void {
    this.#close(write);
    this.applied(write, position);
    this.#ring.add(write, refused);
  }

  /** The open write is not sent any more. `refused`: the backend certainly lacks it. */
  giveUp(write: Write, outcome: Outcome): void {
    this.#close(write);
    if (outcome === 'refused') this.#number -= 1;
    else this.#ring.add({ ...write, entries: [] }, []);
  }

  /** The writes to send again before the open one: none if the ring no longer has all of them. */
  missing({ last }: Gap): readonly Write[] {
    return this.#ring.after(last).map((write) => this.#write(write));
  }

  /** A write of the sequence, perhaps an earlier one again, was applied at this position. */
  applied({ producer, epoch, number }: Write, position: number): void {
    this.#acknowledged.add({ producer, epoch, number, position });
  }

  /** What is lost of earlier sequences when the data is at a position that it had already passed. */
  lostBeyond(position: number): readonly Lost[] {
    return this.#acknowledged.lostBeyond(position, this.#id);
  }

  /** The open write as it follows what the backend has, and what is lost in between. */
  skip(write: Write, { last }: Gap): { readonly skipping: Write; readonly lost: readonly Lost[] } {
    this.#ring.clear();
    return { skipping: { ...write, follows: last }, lost: this.#acknowledged.lostIn(this.#id, last) };
  }

  /** Ends the sequence. Returns what is lost, if anything is. */
  end(write: Write, result: Ending): readonly Lost[] {
    this.#close(write);
    this.#joined = undefined;
    if (result.status === 'conflict') return [];
    const wiped = this.#acknowledged.lostUnlessIn(result.epoch);
    // A record that is not there, and was not removed, went when the data went back.
    return [...wiped, ...this.#acknowledged.lostBeyond(result.floor - 1)];
  }

  #write({ number, nonce, entries }: Replayable): Write {
    invariant(this.#joined !== undefined, 'a sequence was used before its beginning');
    const { epoch, position } = this.#joined;
    return {
      partition: this.#partition,
      epoch,
      position,
      producer: this.#id,
      number,
      follows: number - 1,
      nonce,
      entries,
    };
  }

  #close({ producer, number }: Write): void {
    invariant(
      this.#isOpen && producer === this.#id && number === this.#number,
      'a write was settled that is not the open one',
    );
    this.#isOpen = false;
  }
}
