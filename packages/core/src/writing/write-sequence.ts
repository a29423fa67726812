import type { AddResult, Position, Refusal, StoredEntry, Write } from '../backend.js';
import type { Outcome } from '../errors.js';
import type { BufferEvents } from '../events.js';
import { type Random, randomId } from '../support/clock.js';
import { invariant } from '../support/invariant.js';
import type { ReplayBudget } from './replay-budget.js';
import { type Replayable, ReplayRing } from './replay-ring.js';

type Lost = BufferEvents['lost'];

/** Results of `add` after which a sequence may have to end. */
export type Disruption = Exclude<AddResult, { readonly status: 'applied' | 'duplicate' }>;

/**
 * The writes of one partition in their order: an id, and under it the numbers 1, 2, 3 … The backend applies a write only
 * if its number follows the last one that it has of this id, so the same write may be sent any number of times.
 *
 * A sequence begins where the producer joined the partition: in an epoch, at a position. A number is *free* until `next`
 * makes a write of it. Then it is *open*, as at most one number is: the backend may have the write or not. It ends in one
 * of these ways:
 * - `acknowledge`: *settled*. The write is kept for a replay.
 * - `giveUp`, and the backend may have the write: *settled*. An empty write with the same nonce is kept in its place.
 *   Whichever of the two reaches the backend first, the other is a duplicate.
 * - `giveUp`, and the backend certainly lacks the write: *free* again.
 * - `end`: the sequence is over, since the backend lacks earlier numbers for good, does not know the id any more, or has
 *   the number from another process, of which this one is a copy.
 *
 * After its end, `begin` starts another sequence, under another id, with number 1 *free* and nothing to replay.
 */
export class WriteSequence {
  readonly #partition: number;
  readonly #instance: string;
  readonly #random: Random;
  readonly #ring: ReplayRing;
  #id = '';
  /** The last number that is not free. */
  #number = 0;
  #isOpen = false;
  /** Where the last write was applied, or where the producer joined; `undefined` before the beginning. */
  #position: Position | undefined;
  /** The last write that was acknowledged in this epoch, in whichever sequence. */
  #acknowledged: (Position & { readonly producer: string; readonly number: number }) | undefined;

  /** @param instance names the buffer in nonces, in case another one draws the same random numbers */
  constructor(partition: number, instance: string, random: Random, budget: ReplayBudget) {
    this.#partition = partition;
    this.#instance = instance;
    this.#random = random;
    this.#ring = new ReplayRing(budget);
  }

  get hasBegun(): boolean {
    return this.#position !== undefined;
  }

  /** Whether there are acknowledged writes that a wipe may have lost. */
  get hasAcknowledged(): boolean {
    return this.#acknowledged !== undefined;
  }

  /** Whether the acknowledged writes are of this epoch. */
  isIn(epoch: string): boolean {
    return this.#acknowledged?.epoch === epoch;
  }

  /** Starts where the producer joined. Returns what is lost if that is another epoch than before. */
  begin(position: Position): Lost | undefined {
    invariant(!this.#isOpen, 'a sequence was begun while the fate of a write was open');
    this.#id = randomId(this.#random);
    this.#number = 0;
    this.#ring.clear();
    this.#position = position;
    return this.lostBefore(position.epoch);
  }

  /** Opens the next number for these entries. */
  next(entries: readonly StoredEntry[]): Write {
    invariant(!this.#isOpen, 'a write was numbered while the fate of another was open');
    this.#number += 1;
    this.#isOpen = true;
    const nonce = `${randomId(this.#random)}-${this.#instance}`;
    return this.#write({ number: this.#number, nonce, entries });
  }

  /** The backend has the open write. */
  acknowledge(write: Write, position: number, refused: readonly Refusal[]): void {
    this.#close(write);
    this.moveTo(position);
    const { epoch, producer, number } = write;
    this.#acknowledged = { epoch, position, producer, number };
    this.#ring.add(write, refused);
  }

  /** The open write is not sent any more. `refused`: the backend certainly lacks it. */
  giveUp(write: Write, outcome: Outcome): void {
    this.#close(write);
    if (outcome === 'refused') this.#number -= 1;
    else this.#ring.add({ ...write, entries: [] }, []);
  }

  /** The writes to send again before the open one: none without a gap, or if the ring no longer has all of them. */
  missing(result: AddResult): readonly Write[] {
    if (result.status !== 'gap') return [];
    return this.#ring.after(result.last).map((write) => this.#write(write));
  }

  /** A write of the sequence was applied at this position. */
  moveTo(position: number): void {
    this.#position = { ...this.#begun(), position };
  }

  /** Ends the sequence. Returns what is lost, if anything is. */
  end(write: Write, result: Disruption): Lost | undefined {
    this.#close(write);
    this.#position = undefined;
    if (result.status === 'unknown') return this.lostBefore(result.epoch);
    if (result.status === 'conflict' || write.number === 1) return undefined;
    const { partition, producer, number } = write;
    return { partition, producer, from: result.last + 1, to: number - 1, reason: 'too far behind' };
  }

  /** What is lost if the backend's data is of this epoch. Told once. */
  lostBefore(epoch: string): Lost | undefined {
    const last = this.#acknowledged;
    if (last === undefined || last.epoch === epoch) return undefined;
    this.#acknowledged = undefined;
    return {
      partition: this.#partition,
      producer: last.producer,
      from: 1,
      to: last.number,
      reason: 'wiped',
    };
  }

  #write(write: Replayable): Write {
    const { number, nonce, entries } = write;
    return { ...this.#begun(), partition: this.#partition, producer: this.#id, number, nonce, entries };
  }

  #begun(): Position {
    invariant(this.#position !== undefined, 'a sequence was used before its beginning');
    return this.#position;
  }

  #close({ producer, number }: Write): void {
    invariant(
      this.#isOpen && producer === this.#id && number === this.#number,
      'a write was settled that is not the open one',
    );
    this.#isOpen = false;
  }
}
