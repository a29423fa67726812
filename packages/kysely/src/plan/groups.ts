import type { Row } from './row.js';

/** Rows of one table with the same key columns, of which the same are NULL. In key order. */
export type Group = readonly [Row, ...Row[]];

/**
 * Puts rows into groups. All workers apply the groups of a table, and the rows of a group, in the same order, so that
 * they wait for each other instead of deadlocking: whichever models the rows are of, and whatever columns they change.
 */
export function groupRows(rows: readonly Row[]): Group[] {
  const groups = partition(rows, ({ place }) => place);
  for (const group of groups.values()) group.sort((a, b) => compare(a.key, b.key));
  return [...groups.keys()].sort(compare).map((place) => groups.get(place) as Group);
}

/** Puts the rows of a group that name the same columns together, for one statement. */
export function shapesOf(rows: readonly Row[]): Group[] {
  return [...partition(rows, ({ layout }) => layout.name).values()];
}

/** Whether any rows are left. */
export function isGroup(rows: readonly Row[]): rows is Group {
  return rows.length > 0;
}

/** Both halves of a group of two rows or more. */
export function halves(group: Group): Group[] {
  const middle = group.length >> 1;
  return [group.slice(0, middle), group.slice(middle)].flatMap((half) => (isGroup(half) ? [half] : []));
}

/** The rows by a name of theirs, in the order in which they are given. */
function partition(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, [Row, ...Row[]]> {
  const parts = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const name = nameOf(row);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [row]);
    else part.push(row);
  }
  return parts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
