import { openSync, writeSync } from 'node:fs';
import type { Increment, LostEntry, Outcome } from './history.js';

/**
 * Where a producer records which increments it makes and how they end. Each record is one synchronous write: a SIGKILL
 * does not lose what write(2) has taken.
 */
export class HistoryWriter {
  readonly #file: number;
  #begun = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Records increments before they are made; returns the number of the first. */
  begin(increments: readonly Increment[]): number {
    const first = this.#begun;
    this.#begun += increments.length;
    const lines = increments.map(
      ({ name, owner, views, balance, seen }, i) =>
        `begin ${first + i} ${name} ${owner} ${views} ${balance} ${seen}\n`,
    );
    writeSync(this.#file, lines.join(''));
    return first;
  }

  /** Records that an entry may be lost although it was acknowledged. */
  lose({ name, owner, views, balance }: LostEntry): void {
    writeSync(this.#file, `lost ${name} ${owner} ${views} ${balance}\n`);
  }

  /** Records how one ended. */
  end(number: number, outcome: Outcome): void {
    writeSync(this.#file, `${outcome} ${number}\n`);
  }
}
