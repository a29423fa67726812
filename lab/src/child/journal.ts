import { openSync, writeSync } from 'node:fs';
import type { Fate, Increment } from '../journal.js';

/**
 * Where a producer records what it asked for and what it was told. Every record is one synchronous write: what
 * write(2) took, a SIGKILL of the process does not lose.
 */
export class JournalWriter {
  readonly #file: number;
  #issued = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Records increments before they are made; answers the number of the first. */
  issue(increments: readonly Increment[]): number {
    const first = this.#issued;
    this.#issued += increments.length;
    const lines = increments.map(
      ({ name, owner, views, balance, seen }, i) =>
        `+ ${first + i} ${name} ${owner} ${views} ${balance} ${seen}\n`,
    );
    writeSync(this.#file, lines.join(''));
    return first;
  }

  /** Records what became of one. */
  settle(number: number, fate: Fate): void {
    writeSync(this.#file, `${fate} ${number}\n`);
  }
}
