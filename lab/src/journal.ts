import { readFileSync } from 'node:fs';

/** One call of `incr`. */
export interface Increment {
  readonly name: string;
  readonly owner: string;
  readonly views: number;
  readonly balance: number;
  readonly seen: number;
}

/** What `incr` said. An increment without a fate was under way when its producer died. */
export type Fate = 'acknowledged' | 'refused' | 'unknown';

/** Columns that are sums. */
export const SUMS = ['views', 'balance'] as const;

/** What a row must hold: a sum from `least` to `most`, as increments of unknown fate count or not. */
export interface Expected {
  readonly views: Range;
  readonly balance: Range;
  readonly seen: Range;
}

export interface Range {
  least: number;
  most: number;
}

/** What all producers together were told. */
export class Ledger {
  readonly rows = new Map<string, Expected>();
  readonly fates = { acknowledged: 0, refused: 0, unknown: 0 };

  /** Adds what a producer that has ended recorded. */
  read(path: string): void {
    const open = new Map<string, Increment>();
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const [what, number, ...words] = line.split(' ') as [string, string, ...string[]];
      if (what === '+') open.set(number, incrementOf(words));
      else if (what !== '') this.#settle(open, number, what as Fate);
    }
    for (const increment of open.values()) this.#add(increment, 'unknown');
  }

  #settle(open: Map<string, Increment>, number: string, fate: Fate): void {
    const increment = open.get(number);
    if (increment === undefined)
      throw new Error(`A journal settles an increment that it did not issue: ${number}`);
    open.delete(number);
    this.#add(increment, fate);
  }

  #add(increment: Increment, fate: Fate): void {
    this.fates[fate] += 1;
    if (fate === 'refused') return;
    const row = this.#row(rowKey(increment));
    for (const sum of SUMS) {
      row[sum].least += fate === 'acknowledged' ? increment[sum] : Math.min(0, increment[sum]);
      row[sum].most += fate === 'acknowledged' ? increment[sum] : Math.max(0, increment[sum]);
    }
    if (fate === 'acknowledged') row.seen.least = Math.max(row.seen.least, increment.seen);
    row.seen.most = Math.max(row.seen.most, increment.seen);
  }

  #row(key: string): Expected {
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { views: { least: 0, most: 0 }, balance: { least: 0, most: 0 }, seen: { least: 0, most: 0 } };
      this.rows.set(key, row);
    }
    return row;
  }
}

export function rowKey({ name, owner }: { readonly name: string; readonly owner: string }): string {
  return `${name}/${owner}`;
}

function incrementOf([name = '', owner = '', views, balance, seen]: readonly string[]): Increment {
  return { name, owner, views: Number(views), balance: Number(balance), seen: Number(seen) };
}
