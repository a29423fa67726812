import type { Position } from '../backend.js';
import type { BufferEvents } from '../events.js';

export type Lost = BufferEvents['lost'];

/** The last acknowledged write of a sequence. */
export interface Mark extends Position {
  readonly producer: string;
  readonly number: number;
}

/**
 * How far the sequences of a partition came in one epoch: what can be lost of it. Sequences that are over count, too, since
 * their writes may still be pending; they are few, as a sequence ends only when the backend does not know it any more.
 */
export class Acknowledged {
  readonly #partition: number;
  #marks: Mark[] = [];

  constructor(partition: number) {
    this.#partition = partition;
  }

  /** The epoch of the acknowledged writes; `undefined` if there are none. */
  get epoch(): string | undefined {
    return this.#marks[0]?.epoch;
  }

  add(mark: Mark): void {
    const last = this.#marks.at(-1);
    if (last?.producer !== mark.producer) this.#marks.push(mark);
    else if (mark.number >= last.number) this.#marks[this.#marks.length - 1] = mark;
  }

  /** All of it, if the data is of another epoch. Told once. */
  lostUnlessIn(epoch: string): readonly Lost[] {
    if (this.epoch === undefined || this.epoch === epoch) return [];
    const lost = this.#marks.map(({ producer, number }) => this.#lost(producer, 1, number, 'wiped'));
    this.#marks = [];
    return lost;
  }

  /** What a sequence has beyond the number that is on record, if the gap cannot be closed. Told once. */
  lostIn(producer: string, last: number): readonly Lost[] {
    const mark = this.#marks.at(-1);
    if (mark?.producer !== producer || mark.number <= last) return [];
    this.#marks[this.#marks.length - 1] = { ...mark, number: last };
    return [this.#lost(producer, last + 1, mark.number, 'too far behind')];
  }

  /** What sequences have beyond a position that the data went back to, but for the `current` one. Told once. */
  lostBeyond(position: number, current?: string): readonly Lost[] {
    const over = this.#marks.filter((mark) => mark.producer !== current && mark.position > position);
    this.#marks = this.#marks.filter((mark) => !over.includes(mark));
    // Where its data ends now is not known of a sequence that is over.
    return over.map(({ producer, number }) => this.#lost(producer, 1, number, 'too far behind'));
  }

  #lost(producer: string, from: number, to: number, reason: Lost['reason']): Lost {
    return { partition: this.#partition, producer, from, to, reason };
  }
}
