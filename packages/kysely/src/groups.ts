import type { Row } from './row.js';

/** Rows that one statement can apply: same table, same columns, same keys that are NULL. In key order. */
export type Group = readonly [Row, ...Row[]];

/**
 * Puts rows into groups. All workers apply the groups of a table, and the rows of a group, in the same order, so that
 * they wait for each other instead of deadlocking. Rows that look as if they had the same key go to different groups,
 * in their order: a statement applies at most one value to a row of the table.
 */
export function groupRows(rows: readonly Row[]): Group[] {
  const groups = new Map<string, [Row, ...Row[]]>();
  const seen = new Map<string, number>();
  for (const { row, shape, key } of rows.map(describe).sort(byKey)) {
    const target = JSON.stringify([shape, key]);
    const layer = seen.get(target) ?? 0;
    seen.set(target, layer + 1);
    const name = JSON.stringify([shape, layer]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return [...groups.entries()].sort(([a], [b]) => compare(a, b)).map(([, group]) => group);
}

interface Described {
  readonly row: Row;
  readonly shape: string;
  readonly key: string;
}

function describe(row: Row): Described {
  const { model, keys, fields, keyValues } = row;
  const columns = fields.map(({ column, rule }) => [column, rule]);
  const nulls = keyValues.map((value) => value === null);
  return {
    row,
    shape: JSON.stringify([model.table, model.name, keys, nulls, columns]),
    // `1` and `'1'` are the same to a column of either type.
    key: JSON.stringify(keyValues.map(String)),
  };
}

function byKey(a: Described, b: Described): number {
  return compare(a.key, b.key) || a.row.index - b.row.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
