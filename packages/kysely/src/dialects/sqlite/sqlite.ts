import { type Kysely, sql } from 'kysely';
import type { SqlDialect } from '../dialect.js';
import { EntryFault, type Failure } from '../failures.js';
import { enterUnlessThere } from '../ledger-on-conflict.js';
import { dateOfFourDigits, encoder, UnusableValue } from '../values.js';
import { sqliteCatalogue } from './catalogue.js';
import { nameOfError } from './errors.js';
import { findRows, insertRows, updateRows } from './statements.js';

export const sqlite: SqlDialect = {
  async find(db, group) {
    const { rows } = await findRows(group).execute(db);
    return rows.map(({ ord, found }) => ({ ord: Number(ord), found }));
  },

  async update(db, group) {
    await updateRows(group).execute(db);
  },

  atOnce: undefined,
  isInTheWay,

  async insert(db, group, table) {
    try {
      await insertRows(group, table).execute(db);
      return undefined;
    } catch (error) {
      // SQLite has undone the statement, and no more.
      if (!isInTheWay(error)) throw error;
      return { rows: group, error };
    }
  },

  // There is one writer at a time, and the batch is in the ledger.
  async guard() {},

  encode: encoder({
    text: (value) => value,
    bigint(value) {
      // It would be rounded, and then one key taken for another.
      if (BigInt.asIntN(64, value) === value) return value;
      throw new UnusableValue(`${value} does not fit into the 64 bits of an integer of SQLite`);
    },
    date: (value) => dateOfFourDigits(value, 'SQLite'),
  }),

  problemOfName: () => undefined,

  isolationLevel: undefined,
  withSession: (_, __, task) => task(),
  // By a trigger with raise(rollback).
  dataMayEndTransaction: true,
  async judged(db, task) {
    // No setting makes a foreign key speak before the commit.
    const before = await countOrphans(db);
    const result = await task();
    if ((await countOrphans(db)) > before) throw new EntryFault('FOREIGN KEY constraint failed');
    return result;
  },

  classify(error): Failure | undefined {
    const name = nameOfError(error);
    if (name === undefined) return undefined;
    if (/^SQLITE_(BUSY|LOCKED)/.test(name)) return 'conflict';
    if (/^SQLITE_(READONLY|FULL|PERM|AUTH|CANTOPEN)/.test(name)) return 'setup';
    if (name === 'SQLITE_ERROR' && SETUP.test(String(error.message))) return 'setup';
    return /^SQLITE_(ERROR$|CONSTRAINT|MISMATCH|TOOBIG)/.test(name) ? 'data' : 'outage';
  },

  createLedger: (ledger, indexName) => ({
    table: sql`
      create table if not exists ${sql.id(...ledger)} (
        id text primary key,
        partition_id integer not null,
        applied_at text not null default (strftime('%Y-%m-%d %H:%M:%f', 'now')),
        outcome text
      )
    `,
    index: sql`
      create index if not exists ${sql.id(...ledger.slice(0, -1), indexName)}
      on ${sql.id(...ledger.slice(-1))} (partition_id, applied_at)
    `,
  }),

  enterLedger: enterUnlessThere,
  ago: (ms) => sql`strftime('%Y-%m-%d %H:%M:%f', 'now', ${`-${(ms / 1000).toFixed(3)} seconds`})`,
  catalogue: sqliteCatalogue,
  overPool: () => undefined,
};

// Errors of statements have one code, also where a value is at fault: an overflow, malformed JSON.
const SETUP =
  /^(SQLITE_ERROR: )?(no such|table .* has no column|cannot (modify|INSERT|UPDATE)|near |foreign key mismatch|'.*' is not a function)/;

/** How many rows lack the parent that a foreign key, which waits until the commit, asks for. */
async function countOrphans(db: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ orphans: number }>`
    select count(*) as orphans
    from sqlite_master as t, pragma_foreign_keys as enforced, pragma_foreign_key_check(t.name)
    where t.type = 'table'
      and t.sql like '%deferr%'
      and enforced.foreign_keys = 1
  `.execute(db);
  return Number(rows[0]?.orphans);
}

/** Not all drivers tell one constraint from another by the code. */
function isInTheWay(error: unknown): boolean {
  const { message } = error as { message?: unknown };
  return typeof message === 'string' && /UNIQUE constraint failed|PRIMARY KEY must be unique/.test(message);
}
