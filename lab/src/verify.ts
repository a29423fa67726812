import type { DeadLetter } from '@sluice/core';
import type { CounterRow, Database } from './database.js';
import { type Expected, type Ledger, type Range, rowKey, SUMS } from './journal.js';

/** How the books balance. */
export interface Balance {
  readonly rows: number;
  readonly batches: number;
  readonly deadLetters: number;
  /** Units counted too often, and units lost, over all rows and columns. */
  readonly tooMuch: number;
  readonly lost: number;
  /** Rows whose greatest value is wrong. */
  readonly wrongMaxima: number;
  /** Batches that changed the counters in two transactions. */
  readonly appliedTwice: number;
  /** Dead letters of which nobody can tell what they count. */
  readonly unreadable: number;
  /** The first few findings, in words. */
  readonly findings: readonly string[];
}

type Found = Pick<CounterRow, 'views' | 'balance' | 'seen'>;

const NOTHING: Found = { views: 0, balance: 0, seen: 0 };
const NOTHING_EXPECTED: Expected = {
  views: { least: 0, most: 0 },
  balance: { least: 0, most: 0 },
  seen: { least: 0, most: 0 },
};

/**
 * Compares what the producers were told with what there is, when nothing is pending: for each row and column, the
 * database and the dead letters together hold what was acknowledged, and what is unknown or not.
 */
export async function balance(
  database: Database,
  deadLetters: readonly DeadLetter[],
  { rows: expected }: Ledger,
): Promise<Balance> {
  const found = await collect(database, deadLetters);
  const { applied, twice } = await database.batches();
  const unreadable = deadLetters.filter(({ entry }) => entry === undefined);
  const findings = [
    ...twice.map((batch) => `batch ${batch} was applied more than once`),
    ...unreadable.map(({ id }) => `the dead letter ${id} is unreadable`),
  ];
  const sums = { tooMuch: 0, lost: 0, wrongMaxima: 0 };
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const should = expected.get(key) ?? NOTHING_EXPECTED;
    const is = found.get(key) ?? NOTHING;
    for (const sum of SUMS) {
      const drift = distance(is[sum], should[sum]);
      if (drift > 0) sums.tooMuch += drift;
      else sums.lost -= drift;
      if (drift !== 0) findings.push(`${key} ${sum}: ${show(is[sum], should[sum])}`);
    }
    if (distance(is.seen, should.seen) === 0) continue;
    sums.wrongMaxima += 1;
    findings.push(`${key} seen: ${show(is.seen, should.seen)}`);
  }
  return {
    ...sums,
    rows: found.size,
    batches: applied,
    deadLetters: deadLetters.length,
    appliedTwice: twice.length,
    unreadable: unreadable.length,
    findings: findings.slice(0, 10),
  };
}

/** Whether anything is wrong with the books. */
export function drifts({ tooMuch, lost, wrongMaxima, appliedTwice, unreadable }: Balance): boolean {
  return tooMuch + lost + wrongMaxima + appliedTwice + unreadable > 0;
}

async function collect(database: Database, deadLetters: readonly DeadLetter[]): Promise<Map<string, Found>> {
  const found = new Map<string, Found>((await database.rows()).map((row) => [rowKey(row), row]));
  for (const { entry } of deadLetters) {
    if (entry === undefined) continue;
    const { filters, columns, extra } = entry;
    const key = rowKey({ name: String(filters.name), owner: String(filters.owner) });
    const { views, balance, seen } = found.get(key) ?? NOTHING;
    found.set(key, {
      views: views + (columns.views ?? 0),
      balance: balance + (columns.balance ?? 0),
      seen: Math.max(seen, Number(extra.seen?.value ?? 0)),
    });
  }
  return found;
}

/** How far a value is outside of a range; negative if it is below. */
function distance(value: number, { least, most }: Range): number {
  return value > most ? value - most : Math.min(0, value - least);
}

function show(is: number, { least, most }: Range): string {
  return `${is}, expected ${least === most ? least : `${least} to ${most}`}`;
}
