import type { Row } from './row.js';

/** Rows that one statement can apply: same table, same columns, same keys that are NULL. In key order. */
export type Group = readonly [Row, ...Row[]];

/**
 * Puts rows into groups. All workers apply the groups of a table, and the rows of a group, in the same order, so that
 * they wait for each other instead of deadlocking. Rows that look as if they had the same key go to different groups,
 * in their order: a statement applies at most one value to a row of the table.
 */
export function groupRows(rows: readonly Row[]): Group[] {
  const shapes: Shape[] = [];
  for (const row of [...rows].sort(byKey)) {
    const shape = shapeOf(row, shapes);
    const layer = shape.seen.get(row.key) ?? 0;
    shape.seen.set(row.key, layer + 1);
    const group = shape.layers[layer];
    if (group === undefined) shape.layers.push([row]);
    else group.push(row);
  }
  return shapes.sort((a, b) => compare(a.name, b.name)).flatMap(({ layers }) => layers);
}

/** What the rows of a group have in common. There are few, so a row finds its own by comparing. */
interface Shape {
  readonly name: string;
  readonly like: Row;
  /** How many rows there were of each key. */
  readonly seen: Map<string, number>;
  readonly layers: [Row, ...Row[]][];
}

function shapeOf(row: Row, shapes: Shape[]): Shape {
  for (const shape of shapes) if (isAlike(row, shape.like)) return shape;
  const name = JSON.stringify([row.layout.name, row.keyValues.map((value) => value === null)]);
  const shape: Shape = { name, like: row, seen: new Map(), layers: [] };
  shapes.push(shape);
  return shape;
}

function isAlike(a: Row, b: Row): boolean {
  return (
    a.layout.name === b.layout.name &&
    a.keyValues.every((value, i) => (value === null) === (b.keyValues[i] === null))
  );
}

function byKey(a: Row, b: Row): number {
  return compare(a.key, b.key) || a.index - b.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
