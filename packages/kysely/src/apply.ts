import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.js';
import type { Group } from './groups.js';
import type { Row } from './row.js';
import { find, findOne, update, updateOne, upsert } from './statements.js';

/** Applies a group. In `update` mode, returns the entries that matched no row. */
export async function applyGroup(
  db: Kysely<unknown>,
  group: Group,
  dialect: Dialect,
): Promise<readonly Row[]> {
  const [{ layout, keyValues }] = group;
  if (layout.model.mode === 'update') return updateGroup(db, group, dialect);
  // NULLs never conflict in a unique index, so each upsert would insert another row.
  const missing = keyValues.includes(null) ? await updateGroup(db, group, dialect) : group;
  if (isGroup(missing)) await upsert(missing, dialect).execute(db);
  return [];
}

async function updateGroup(db: Kysely<unknown>, group: Group, dialect: Dialect): Promise<readonly Row[]> {
  if (dialect === 'mysql') return updateEach(db, group);
  const { rows } = await find(group, dialect).execute(db);
  const found = new Set(rows.map(({ ord }) => Number(ord)));
  if (group[0].layout.fields.length > 0) {
    for (const layer of layersOf(group, rows)) await update(layer, dialect).execute(db);
  }
  return group.filter((_, index) => !found.has(index));
}

async function updateEach(db: Kysely<unknown>, group: Group): Promise<readonly Row[]> {
  const missing: Row[] = [];
  for (const row of group) {
    // The count of an update may leave out rows that it did not change.
    const { rows } = await findOne(row).execute(db);
    if (rows.length === 0) missing.push(row);
    else if (row.layout.fields.length > 0) await updateOne(row).execute(db);
  }
  return missing;
}

/** An update from a list of values applies only one of two entries for the same row: they go to two updates. */
function layersOf(group: Group, rows: readonly { ord: number; found: string }[]): Group[] {
  const layers = new Map<number, number>();
  const seen = new Map<string, Set<number>>();
  for (const { ord, found } of [...rows].sort((a, b) => Number(a.ord) - Number(b.ord))) {
    const index = Number(ord);
    const others = seen.get(found) ?? new Set();
    seen.set(found, others.add(index));
    layers.set(index, Math.max(layers.get(index) ?? 0, others.size - 1));
  }
  const depth = Math.max(0, ...[...layers.values()].map((layer) => layer + 1));
  return Array.from({ length: depth }, (_, layer) =>
    group.filter((_, index) => layers.get(index) === layer),
  ).flatMap((rows) => (isGroup(rows) ? [rows] : []));
}

function isGroup(rows: readonly Row[]): rows is Group {
  return rows.length > 0;
}

/** Runs `task`; if it throws, what it did is undone, and the transaction goes on. */
export async function undoable<T>(db: Kysely<unknown>, task: () => Promise<T>): Promise<T> {
  await sql`savepoint sluice`.execute(db);
  try {
    const result = await task();
    await sql`release savepoint sluice`.execute(db);
    return result;
  } catch (error) {
    await sql`rollback to savepoint sluice`.execute(db);
    await sql`release savepoint sluice`.execute(db);
    throw error;
  }
}
