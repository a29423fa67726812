import type { Rejection } from '@sluice/core';
import { type RawBuilder, sql } from 'kysely';
import { EntryFault, failureOf, findInCauses, reasonOf } from '../dialects/failures.js';
import type { Layout } from '../plan/layout.js';
import type { Row } from '../plan/row.js';
import { quote } from '../plan/unmapped.js';
import type { TableInfo } from '../setup/catalogue.js';
import { demandOfLayout, unnamed } from '../setup/faults.js';
import type { Work } from './apply.js';
import { undone } from './undo.js';

/** A table that takes no rows at all: none of them is at fault. */
class TableFault extends Error {}

/** A row that could not be applied, because of data. */
export interface Failed {
  readonly row: Row;
  readonly error: unknown;
}

/**
 * Rejects rows if their tables work.
 * @throws what a table that does not work says
 */
export async function blame(work: Work, failed: readonly Failed[]): Promise<readonly Rejection[]> {
  for (const { row, error } of failed) {
    if (isOfTable(work, row.layout, error)) throw error;
  }
  // What the sink itself found says nothing of tables.
  const byDatabase = failed.filter(({ error }) => !(error instanceof EntryFault));
  await probe(
    work,
    byDatabase.map(({ row }) => row.layout),
  );
  return failed.map(({ row: { index }, error }) => ({ index, reason: reasonOf(error) }));
}

/** Whether an error that sounds like data is about a column that new rows must have and no entry of the model names. */
function isOfTable({ dialect: { catalogue }, tables }: Work, layout: Layout, error: unknown): boolean {
  const info = tables.get(layout.model.table);
  if (info === undefined || findInCauses(error, catalogue.suspicionOf) === undefined) return false;
  const reason = reasonOf(error);
  return unnamed(demandOfLayout(layout), info, catalogue).some((name) => reason.includes(name));
}

/**
 * Makes sure that tables work, by statements that change nothing but name the same columns: they fail for a right that
 * is missing, for a name that is not there, for a trigger that fails whatever the rows are.
 * @throws what the database says, or TableFault if it sounds as if data were at fault
 */
async function probe({ db, dialect, tables }: Work, layouts: readonly Layout[]): Promise<void> {
  for (const layout of distinct(layouts)) {
    try {
      await undone(db, 'sluice_probe', async () => {
        const info = tables.get(layout.model.table);
        for (const statement of statementsOf(layout, info)) await statement.execute(db);
      });
    } catch (error) {
      if (failureOf(error, dialect.classify) !== 'data') throw error;
      const table = quote(layout.model.table.join('.'));
      throw new TableFault(
        `Not even a statement without rows works on the table ${table}: ${reasonOf(error)}`,
      );
    }
  }
}

function statementsOf({ model, keys, fields }: Layout, info: TableInfo | undefined): RawBuilder<unknown>[] {
  const table = sql.id(...model.table);
  const columns = fields.map(({ column }) => column);
  const statements = [sql`select ${listOf(keys)} from ${table} where 1 = 0`];
  if (columns.length > 0) {
    const changes = columns.map((column) => sql`${sql.id(column)} = ${sql.id(column)}`);
    statements.push(sql`update ${table} set ${sql.join(changes)} where 1 = 0`);
  }
  if (model.mode === 'upsert') {
    // MySQL asks for columns without a default even where there is no row.
    const required = info?.columns.filter(({ isRequired }) => isRequired).map(({ name }) => name) ?? [];
    const inserted = [...new Set([...keys, ...columns, ...model.onInsert.keys(), ...required])];
    const nulls = sql.join(inserted.map(() => sql`null`));
    const noRow = sql`select ${nulls} from (select 1 as one) as no_row where 1 = 0`;
    statements.push(sql`insert into ${table} (${listOf(inserted)}) ${noRow}`);
  }
  return statements;
}

function listOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.id(column)));
}

/** Layouts of one name make the same statements, but for their mode. */
function distinct(layouts: readonly Layout[]): Layout[] {
  return [...new Map(layouts.map((layout) => [`${layout.model.mode} ${layout.name}`, layout])).values()];
}
