import { IncrementError, type Outcome } from '@sluice/core';

/** One increment, and how it ended. */
export interface Increment {
  /** The name of a column that no other increment counts in: it shows how often this one counts. */
  readonly mark: string;
  readonly number: number;
  readonly process: string;
  readonly path: string;
  readonly amount: number;
  /** For the extra values `newest` and `greatest`. */
  readonly value: number;
  readonly beganAt: number;
  endedAt: number;
  /** `open`: nothing is known of it yet, and if its process is killed, nothing ever will be. */
  outcome: Outcome | 'acknowledged' | 'open';
  /** Its process was told that the backend may have lost it. */
  toldLost: boolean;
}

const MARK = /^\+(i\d+)$/;

/** What the processes of a run counted, and what they were told. */
export class History {
  readonly increments = new Map<string, Increment>();
  #moment = 0;

  begin(process: string, path: string, amount: number): Increment {
    const number = this.increments.size + 1;
    const increment: Increment = {
      mark: `i${number}`,
      number,
      process,
      path,
      amount,
      value: number,
      beganAt: this.next(),
      endedAt: Number.POSITIVE_INFINITY,
      outcome: 'open',
      toldLost: false,
    };
    this.increments.set(increment.mark, increment);
    return increment;
  }

  end(increment: Increment, error?: unknown): void {
    increment.endedAt = this.next();
    if (error === undefined) increment.outcome = 'acknowledged';
    // All other errors say that nothing was done.
    else increment.outcome = error instanceof IncrementError ? error.outcome : 'refused';
  }

  /** The process of an increment was told that it may be lost. */
  tellLost(mark: string): void {
    const increment = this.increments.get(mark);
    if (increment !== undefined) increment.toldLost = true;
  }

  /** A number by which it is known what was before what. */
  next(): number {
    this.#moment += 1;
    return this.#moment;
  }
}

/** The increments whose sum some fields are, with how often each is in it. */
export function marksOf(fields: Readonly<Record<string, unknown>>): [mark: string, times: number][] {
  return Object.entries(fields).flatMap(([name, value]): [string, number][] => {
    const mark = MARK.exec(name)?.[1];
    return mark === undefined ? [] : [[mark, Number(value)]];
  });
}

/** How often each increment is somewhere. */
export class Tally extends Map<string, number> {
  count(marks: Iterable<readonly [mark: string, times: number]>): void {
    for (const [mark, times] of marks) this.set(mark, this.of(mark) + times);
  }

  of(mark: string): number {
    return this.get(mark) ?? 0;
  }
}
