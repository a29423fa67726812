import type { Kysely } from 'kysely';
import type { Match, SqlDialect } from '../dialects/dialect.js';
import { EntryFault } from '../dialects/failures.js';
import { type Group, halves, isGroup, shapesOf } from '../plan/groups.js';
import { asInserted } from '../plan/on-insert.js';
import type { Row } from '../plan/row.js';
import { quote } from '../plan/unmapped.js';
import { isUniqueFor } from '../setup/catalogue.js';
import type { KnownTables } from '../setup/setup.js';
import { undoable } from './undo.js';
import { refuseUnfit } from './unfit.js';

/** A transaction, and what is known of the database. */
export interface Work {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly ledger: readonly string[];
  readonly tables: KnownTables;
  /** Whether rows that the database takes for the same are found when all are inserted. */
  readonly isChecked?: boolean;
}

/**
 * Applies a group: rows that are there are updated, and only those that are missing are inserted, so that a row is never
 * proposed to a table that has it. Returns the entries of `update` mode that matched no row.
 */
export async function applyGroup(work: Work, group: Group): Promise<readonly Row[]> {
  const missing = await updateFound(work, group);
  const inserted = missing.filter(({ layout }) => layout.model.mode === 'upsert');
  if (isGroup(inserted)) await insertMissing(work, inserted);
  return missing.filter(({ layout }) => layout.model.mode === 'update');
}

/** Updates the rows that are there. Returns the entries that matched none. */
async function updateFound(work: Work, group: Group): Promise<readonly Row[]> {
  const { db, dialect, tables, ledger } = work;
  const { table } = group[0].layout.model;
  const info = tables.get(table);
  if (info?.isLockable === false) await dialect.guard(db, table, ledger);
  const matches = await dialect.find(db, group, info);
  for (const layer of layersOf(group, matches)) {
    for (const shape of shapesOf(layer)) {
      const [{ layout }] = shape;
      refuseUnfit(layout, info, dialect);
      if (layout.fields.length > 0) await dialect.update(db, shape, info);
    }
  }
  const found = new Set(matches.map(({ ord }) => ord));
  return group.filter((_, ord) => !found.has(ord));
}

/** An update applies only one of two entries for the same row: they go to two updates, in their order. */
function layersOf(group: Group, matches: readonly Match[]): Row[][] {
  const layers: Row[][] = [];
  const next = new Map<string, number>();
  for (const [ord, found] of rowsFound(matches)) {
    const row = group[ord] as Row;
    if (found.length > 1 && row.layout.model.mode === 'upsert') throw severalRows(row);
    const layer = Math.max(...found.map((one) => next.get(one) ?? 0));
    for (const one of found) next.set(one, layer + 1);
    layers[layer] ??= [];
    layers[layer].push(row);
  }
  return layers;
}

/** Only in `update` mode may an entry be for several rows: elsewhere it is one that would be counted twice. */
function severalRows({ layout: { model } }: Row): EntryFault {
  return new EntryFault(
    `Model ${quote(model.name)}: several rows of the table ${quote(model.table.join('.'))} have these filters. Add the filter that tells them apart, or set \`mode: 'update'\` if all of them are meant.`,
  );
}

/** The rows of the table by entry, which may be for several. */
function rowsFound(matches: readonly Match[]): [ord: number, found: string[]][] {
  const rows = new Map<number, string[]>();
  for (const { ord, found } of matches) {
    const others = rows.get(ord);
    if (others === undefined) rows.set(ord, [found]);
    else others.push(found);
  }
  return [...rows].sort(([a], [b]) => a - b);
}

async function insertMissing(work: Work, group: Group): Promise<void> {
  const { db, dialect, tables, ledger } = work;
  const [{ layout, keyValues }] = group;
  const { table } = layout.model;
  const info = tables.get(table);
  if (keyValues.includes(null) || !isUniqueFor(info, layout.keys, dialect.catalogue)) {
    await dialect.guard(db, table, ledger);
    const missing = await updateFound(work, group);
    if (!isGroup(missing)) return;
    const { firsts, others } = byKey(missing);
    await insertGuarded(work, firsts);
    if (isGroup(others)) await applyGroup(work, others);
    return;
  }
  const { firsts, others } = byKey(group);
  await insertShapes(work, firsts);
  if (isGroup(others)) await applyGroup(work, others);
}

/** No index says that the database takes two rows for the same: it shows when both are there. */
async function insertGuarded(work: Work, rows: readonly Row[]): Promise<void> {
  if (!isGroup(rows) || rows.length === 1 || work.isChecked) return insertShapes(work, rows);
  const { db, dialect, tables } = work;
  try {
    await undoable(db, 'sluice_same', isSameRow, async () => {
      await insertShapes({ ...work, isChecked: true }, rows);
      const matches = await dialect.find(db, rows, tables.get(rows[0].layout.model.table));
      if (matches.length > rows.length) throw new SameRow();
    });
  } catch (error) {
    if (!isSameRow(error)) throw error;
    for (const half of halves(rows)) await applyGroup(work, half);
  }
}

/** Two entries would have a row each, and be for both. */
class SameRow extends Error {}

const isSameRow = (error: unknown): boolean => error instanceof SameRow;

async function insertShapes(work: Work, missing: readonly Row[]): Promise<void> {
  const { dialect, tables } = work;
  for (const shape of shapesOf(missing)) {
    refuseUnfit(shape[0].layout, tables.get(shape[0].layout.model.table), dialect);
    const left = await insert(work, shape);
    if (left === undefined) continue;
    const indexes = new Set(left.rows.map(({ index }) => index));
    const rows = shape.filter(({ index }) => indexes.has(index));
    if (isGroup(rows)) await insertAgain(work, rows);
  }
}

function insert({ db, dialect, tables }: Work, shape: Group): ReturnType<SqlDialect['insert']> {
  const info = tables.get(shape[0].layout.model.table);
  return dialect.insert(db, asInserted(shape, dialect.catalogue), info);
}

/**
 * Something is in the way: a row that another transaction inserted meanwhile, which is updated now, or one of these rows,
 * which the database takes for the same. Each half has fewer of those.
 */
async function insertAgain(work: Work, rows: Group): Promise<void> {
  const missing = await updateFound(work, rows);
  if (!isGroup(missing)) return;
  if (missing.length < rows.length) return insertMissing(work, missing);
  if (missing.length === 1) {
    // What was in the way may be gone.
    const left = await insert(work, missing);
    if (left !== undefined) throw left.error;
    return;
  }
  for (const half of halves(missing)) await applyGroup(work, half);
}

function byKey(group: Group): { firsts: readonly Row[]; others: readonly Row[] } {
  const seen = new Set<string>();
  const others: Row[] = [];
  const firsts = group.filter((row) => {
    if (seen.has(row.key)) others.push(row);
    return !seen.has(row.key) && seen.add(row.key);
  });
  return { firsts, others };
}
