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
  const keyed = rows.map((row) => ({ row, shape: shapeOf(row, shapes), key: keyOf(row) }));
  for (const { row, shape, key } of keyed.sort(byKey)) {
    const layer = shape.seen.get(key) ?? 0;
    shape.seen.set(key, layer + 1);
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
  const { layout, keyValues } = row;
  const { model, keys, fields } = layout;
  const nulls = keyValues.map((value) => value === null);
  const columns = fields.map(({ column, rule }) => [column, rule]);
  const name = JSON.stringify([model.table, model.name, keys, nulls, columns]);
  const shape: Shape = { name, like: row, seen: new Map(), layers: [] };
  shapes.push(shape);
  return shape;
}

function isAlike(a: Row, b: Row): boolean {
  return (
    a.layout === b.layout && a.keyValues.every((value, i) => (value === null) === (b.keyValues[i] === null))
  );
}

/** `1` and `'1'` are the same to a column of either type. */
function keyOf({ keyValues }: Row): string {
  return keyValues.length === 1 ? String(keyValues[0]) : JSON.stringify(keyValues.map(String));
}

interface Keyed {
  readonly row: Row;
  readonly key: string;
}

function byKey(a: Keyed, b: Keyed): number {
  return compare(a.key, b.key) || a.row.index - b.row.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
