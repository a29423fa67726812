import type { History, Increment, LostEntry, Operation, Outcome } from '../history/history.js';

/** The columns that are sums. */
export const SUMS = ['views', 'balance'] as const;

export interface Range {
  least: number;
  most: number;
}

/** What a row must hold. A range, since increments of unknown outcome may or may not count. */
export interface ExpectedRow {
  readonly views: Range;
  readonly balance: Range;
  readonly seen: Range;
  /** Whether anything of it may be lost: then so may be its greatest value. */
  hasLost: boolean;
}

/** What the histories of all producers require of the rows. */
export class Expected {
  readonly rows = new Map<string, ExpectedRow>();
  readonly outcomes: Record<Outcome, number> = { acknowledged: 0, refused: 0, unknown: 0 };

  add({ operations, lost }: History): void {
    for (const operation of operations) this.#count(operation);
    for (const entry of lost) this.#lose(entry);
  }

  #count({ increment, outcome }: Operation): void {
    this.outcomes[outcome] += 1;
    if (outcome === 'refused') return;
    const row = this.#row(rowKey(increment));
    const isCertain = outcome === 'acknowledged';
    for (const sum of SUMS) {
      row[sum].least += isCertain ? increment[sum] : Math.min(0, increment[sum]);
      row[sum].most += isCertain ? increment[sum] : Math.max(0, increment[sum]);
    }
    if (isCertain) row.seen.least = Math.max(row.seen.least, increment.seen);
    row.seen.most = Math.max(row.seen.most, increment.seen);
  }

  /** What a producer was told to be lost may have been applied or not. */
  #lose(entry: LostEntry): void {
    const row = this.#row(rowKey(entry));
    for (const sum of SUMS) {
      row[sum].least -= Math.max(0, entry[sum]);
      row[sum].most -= Math.min(0, entry[sum]);
    }
    row.hasLost = true;
  }

  #row(key: string): ExpectedRow {
    const row = this.rows.get(key) ?? emptyRow();
    this.rows.set(key, row);
    return row;
  }
}

export function rowKey({ name, owner }: Pick<Increment, 'name' | 'owner'>): string {
  return `${name}/${owner}`;
}

/** What is expected of a row that nobody counted in. */
export function emptyRow(): ExpectedRow {
  return {
    views: { least: 0, most: 0 },
    balance: { least: 0, most: 0 },
    seen: { least: 0, most: 0 },
    hasLost: false,
  };
}
