import { type RawBuilder, sql } from 'kysely';
import { undoable } from '../../apply/undo.js';
import type { Session, SqlDialect } from '../dialect.js';
import type { Failure } from '../failures.js';
import { enterUnlessThere, insertUnlessThere } from '../ledger-on-conflict.js';
import { encoder, UnusableValue } from '../values.js';
import { postgresCatalogue } from './catalogue.js';
import { isAboutRow } from './errors.js';
import { overPostgresPool } from './pool.js';
import { enterAndUpsertRows, findRows, insertRows, updateRows, upsertRows } from './statements.js';

export const postgres: SqlDialect = {
  async find(db, group, table) {
    const { rows } = await findRows(group, table).execute(db);
    return rows;
  },

  async update(db, group, table) {
    await updateRows(group, table).execute(db);
  },

  atOnce: {
    takes: () => true,

    async upsert(db, upsert) {
      await upsertRows(upsert).execute(db);
    },

    async enterAndUpsert(db, entry, upsert) {
      const { rows } = await enterAndUpsertRows(insertUnlessThere(entry), upsert).execute(db);
      return rows.length > 0;
    },
  },

  isInTheWay,

  async insert(db, group, table) {
    try {
      await undoable(db, 'sluice_insert', isInTheWay, () => insertRows(group, table).execute(db));
      return undefined;
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      return { rows: group, error };
    }
  },

  async guard(db, table) {
    // Of the two keys, the first is one that other programs are unlikely to lock.
    const name = table.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
    await sql`select pg_advisory_xact_lock(hashtext('sluice'), to_regclass(${name})::oid::integer)`.execute(
      db,
    );
  },

  encode: encoder({
    text(value) {
      if (!value.includes('\0')) return value;
      throw new UnusableValue('the text has a NUL character, which PostgreSQL cannot store');
    },
    bigint: String,
    date: dateText,
  }),

  problemOfName(column) {
    // It would be cut, and mean another column.
    return Buffer.byteLength(column) > 63 ? 'is longer than a name in PostgreSQL' : undefined;
  },

  // What another transaction inserts meanwhile must be seen.
  isolationLevel: 'read committed',

  async withSession(db, session, task) {
    const settings = settingsOf(session);
    if (settings.length > 0) await sql`select ${sql.join(settings)}`.execute(db);
    return task();
  },

  dataMayEndTransaction: false,
  async judged(db, task) {
    await sql`set constraints all immediate`.execute(db);
    return task();
  },

  classify({ code, routine }): Failure | undefined {
    if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
    if (code === '40001' || code === '40P01') return 'conflict';
    if (isAboutRow(code, routine)) return 'data';
    if (SETUP.test(code)) return 'setup';
    return DATA.has(code.slice(0, 2)) ? 'data' : 'outage';
  },

  createLedger: (ledger, indexName) => ({
    table: sql`
      create table if not exists ${sql.id(...ledger)} (
        id text primary key,
        partition_id integer not null,
        applied_at timestamptz not null default now(),
        outcome text
      )
    `,
    index: sql`
      create index if not exists ${sql.id(indexName)}
      on ${sql.id(...ledger)} (partition_id, applied_at)
    `,
  }),

  enterLedger: enterUnlessThere,
  ago: (ms) => sql`now() - make_interval(secs => ${ms / 1000}::float8)`,
  catalogue: postgresCatalogue,
  overPool: overPostgresPool,
};

// 42 names, types and rights, 3F a schema, 0A what the server cannot do, 55000 a view that takes no rows, 25006 a server
// that takes no writes, 53100 a full disk.
const SETUP = /^(42|3F|0A|55000|25006|53100)/;

// 21 several rows for one, 22 data, 23 constraints, 44 views, 54 limits such as those of an index, P0 raised in a trigger.
const DATA = new Set(['21', '22', '23', '27', '38', '39', '44', '54', 'P0']);

function settingsOf({ timeoutMs, isAtOnce }: Session): RawBuilder<unknown>[] {
  const set = (name: string, value: string) => sql`set_config(${sql.lit(name)}, ${sql.lit(value)}, true)`;
  // Rows are locked in the order in which they are sent if each is looked up by its key.
  const scans = ['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan'];
  const settings = isAtOnce ? scans.map((scan) => set(scan, 'off')) : [];
  if (timeoutMs === 0) return settings;
  const ms = String(timeoutMs);
  // A worker that vanished must not hold its locks until TCP notices. PGlite has one user, and its timers hang.
  const idle = sql`case when version() not like '%wasm%' then ${set('idle_in_transaction_session_timeout', ms)} end`;
  return [...settings, set('statement_timeout', ms), idle];
}

/** A unique or an exclusion constraint. */
function isInTheWay(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === '23505' || code === '23P01';
}

/** PostgreSQL has no year 0, and no sign before a year. */
function dateText(date: Date): string {
  const text = date.toISOString();
  if (/^\d/.test(text)) return text.startsWith('0000') ? `0001${text.slice(4)} BC` : text;
  const year = date.getUTCFullYear();
  const rest = text.slice(7);
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}
