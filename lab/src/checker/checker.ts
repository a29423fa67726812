import type { DeadLetter } from '@sluice/core';
import type { CounterRow, Database } from '../servers/database.js';
import { UNWELCOME } from '../workload/settings.js';
import { type Expected, emptyRow, type Range, rowKey, SUMS } from './expected.js';

/** What a check found. */
export interface CheckResult {
  readonly rows: number;
  readonly batches: number;
  readonly deadLetters: number;
  /** Units counted too often, over all rows and columns. */
  readonly excess: number;
  /** Units missing, over all rows and columns. */
  readonly lost: number;
  /** Rows with a wrong greatest value. */
  readonly wrongMaxima: number;
  /** Batches that changed the counters in more than one transaction. */
  readonly appliedTwice: number;
  /** Dead letters that no longer show what they count. */
  readonly unreadable: number;
  /** Dead letters that the database would have taken. */
  readonly wronglyBuried: number;
  /** The first few differences, in words. */
  readonly findings: readonly string[];
}

type Values = Pick<CounterRow, 'views' | 'balance' | 'seen'>;

const NO_VALUES: Values = { views: 0, balance: 0, seen: 0 };
const MAX_FINDINGS = 10;

/**
 * Compares the histories with what was found once nothing is pending: for each row and column, database and dead
 * letters together must hold what was acknowledged, and may hold what is of unknown outcome.
 */
export async function check(
  database: Database,
  deadLetters: readonly DeadLetter[],
  expected: Expected,
): Promise<CheckResult> {
  const found = await collect(database, deadLetters);
  const { applied, twice } = await database.batches();
  const unreadable = deadLetters.filter(({ entry }) => entry === undefined);
  const findings = [
    ...twice.map((batch) => `batch ${batch} was applied more than once`),
    ...unreadable.map(({ id }) => `the dead letter ${id} is unreadable`),
  ];
  const drift = { excess: 0, lost: 0, wrongMaxima: 0 };
  for (const key of new Set([...expected.rows.keys(), ...found.keys()])) {
    const range = expected.rows.get(key) ?? emptyRow();
    const values = found.get(key) ?? NO_VALUES;
    for (const sum of SUMS) {
      const distance = distanceFrom(range[sum], values[sum]);
      if (distance === 0) continue;
      if (distance > 0) drift.excess += distance;
      else drift.lost -= distance;
      findings.push(`${key} ${sum}: ${describe(values[sum], range[sum])}`);
    }
    const seen = range.hasLost ? { ...range.seen, least: 0 } : range.seen;
    if (distanceFrom(seen, values.seen) === 0) continue;
    drift.wrongMaxima += 1;
    findings.push(`${key} seen: ${describe(values.seen, seen)}`);
  }
  return {
    ...drift,
    rows: found.size,
    batches: applied,
    deadLetters: deadLetters.length,
    appliedTwice: twice.length,
    unreadable: unreadable.length,
    wronglyBuried: deadLetters.filter(({ entry }) => entry?.filters.owner !== UNWELCOME).length,
    findings: findings.slice(0, MAX_FINDINGS),
  };
}

/** Whether anything differs from what the histories require. */
export function hasDrift({ excess, lost, wrongMaxima, appliedTwice, unreadable }: CheckResult): boolean {
  return excess + lost + wrongMaxima + appliedTwice + unreadable > 0;
}

/** What rows and dead letters hold together. */
async function collect(database: Database, deadLetters: readonly DeadLetter[]): Promise<Map<string, Values>> {
  const found = new Map<string, Values>((await database.rows()).map((row) => [rowKey(row), row]));
  for (const { entry } of deadLetters) {
    if (entry === undefined) continue;
    const { filters, columns, extra } = entry;
    const key = rowKey({ name: String(filters.name), owner: String(filters.owner) });
    const { views, balance, seen } = found.get(key) ?? NO_VALUES;
    found.set(key, {
      views: views + (columns.views ?? 0),
      balance: balance + (columns.balance ?? 0),
      seen: Math.max(seen, Number(extra.seen?.value ?? 0)),
    });
  }
  return found;
}

/** How far a value is outside a range; negative if it is below. */
function distanceFrom({ least, most }: Range, value: number): number {
  return value > most ? value - most : Math.min(0, value - least);
}

function describe(value: number, { least, most }: Range): string {
  return `${value}, expected ${least === most ? least : `${least} to ${most}`}`;
}
