import { type QueryResult, sql } from 'kysely';
import { type Group, isGroup } from '../../plan/groups.js';
import type { Row } from '../../plan/row.js';
import type { Match, SqlDialect } from '../dialect.js';
import { type Failure, NotAtOnce } from '../failures.js';
import { dateOfFourDigits, encoder } from '../values.js';
import { insertOthers, isList, updateAll } from './at-once.js';
import { mysqlCatalogue } from './catalogue.js';
import { overMysqlPool } from './pool.js';
import { withSession } from './session.js';
import { chunksOf, findRows, insertRows, MOST_COMPARED, updateRows } from './statements.js';

export const mysql: SqlDialect = {
  async find(db, group, table) {
    const matches: Match[] = [];
    const ords = new Map(group.map((row, ord) => [row, ord]));
    for (const chunk of chunksOf(group, MOST_COMPARED)) {
      let left: readonly Row[] = chunk;
      // A row of the table tells the first entry that is for it: others may be for the same one.
      while (isGroup(left)) {
        const asked: Group = left;
        const { rows } = await findRows(asked, table).execute(db);
        if (rows.length === 0) break;
        const found = new Set<Row>();
        for (const { ord, found: text } of rows) {
          const row = asked[Number(ord)] as Row;
          found.add(row);
          matches.push({ ord: ords.get(row) as number, found: text });
        }
        left = asked.filter((row) => !found.has(row));
      }
    }
    return matches;
  },

  async update(db, group, table) {
    for (const chunk of chunksOf(group, MOST_COMPARED)) await updateRows(chunk, table).execute(db);
  },

  atOnce: {
    takes: isList,

    async upsert(db, upsert) {
      for (const inserted of chunksOf(upsert.inserted)) {
        const part = { ...upsert, inserted };
        const updated = await updateAll(part).execute(db);
        let left = inserted.length - rowsOf(updated);
        if (left > 0) left -= rowsOf(await insertOthers(part).execute(db));
        // Somebody else may have inserted a row in between. A connection may not count rows that stay as they are.
        if (left !== 0) throw new NotAtOnce();
      }
    },

    enterAndUpsert: undefined,
  },
  isInTheWay: isDuplicate,

  async insert(db, group, table) {
    const left: Row[] = [];
    let first: unknown;
    for (const chunk of chunksOf(group)) {
      try {
        await insertRows(chunk, table).execute(db);
      } catch (error) {
        // The server has undone the statement, and no more.
        if (!isDuplicate(error)) throw error;
        first ??= error;
        left.push(...chunk);
      }
    }
    return isGroup(left) ? { rows: left, error: first } : undefined;
  },

  /** A row of the ledger is locked: a lock by name would belong to the session, not to the transaction. */
  async guard(db, table, ledger) {
    const [name, schema] = [table.at(-1), table.at(-2)];
    await sql`
      insert into ${sql.id(...ledger)} (id, partition_id, applied_at)
      values (concat('guard of ', coalesce(${schema ?? null}, database()), '.', ${name}), -1, utc_timestamp(3))
      on duplicate key update id = id
    `.execute(db);
  },

  encode: encoder({
    text: (value) => value,
    bigint: String,
    date: (value) => dateOfFourDigits(value, 'MySQL').slice(0, -1).replace('T', ' '),
  }),

  problemOfName(column) {
    // mysql2 replaces every question mark with a value, even those in quoted names.
    return column.includes('?') ? 'has a question mark' : undefined;
  },

  // Else looking for rows that are missing locks the gaps between those that are there, and two that insert deadlock.
  isolationLevel: 'read committed',
  withSession,
  dataMayEndTransaction: false,
  // No constraint waits.
  judged: (_, task) => task(),

  classify({ sqlState, errno }): Failure | undefined {
    if (typeof sqlState !== 'string') return undefined;
    const number = Number(errno);
    if (CONFLICTS.has(number)) return 'conflict';
    if (LOST.has(number)) return 'outage';
    if (DATA.has(number)) return 'data';
    if (SETUP.has(number) || sqlState.startsWith('42')) return 'setup';
    return /^(01|21|22|23|44|45)/.test(sqlState) ? 'data' : 'outage';
  },

  createLedger: (ledger, indexName) => ({
    table: sql`
      create table if not exists ${sql.id(...ledger)} (
        id varchar(255) primary key,
        partition_id integer not null,
        applied_at datetime(3) not null,
        outcome mediumtext,
        index ${sql.id(indexName)} (partition_id, applied_at)
      )
      engine = InnoDB
      character set utf8mb4
      collate utf8mb4_bin
    `,
  }),

  async enterLedger(db, { ledger, batch, outcome }) {
    try {
      // "insert ignore" would also cut an id that is too long, and count rows in ways that depend on the connection's flags.
      await sql`
        insert into ${sql.id(...ledger)} (id, partition_id, applied_at, outcome)
        values (${batch.id}, ${batch.partition}, utc_timestamp(3), ${outcome})
      `.execute(db);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  },

  ago: (ms) => sql`utc_timestamp(3) - interval ${ms * 1000} microsecond`,
  catalogue: mysqlCatalogue,
  overPool: overMysqlPool,
};

// Deadlock, lock wait timeout, a row that changed since it was read (MariaDB).
const CONFLICTS = new Set([1213, 1205, 1020]);

// No room for more locks, which ends the transaction; a savepoint that is gone; more statements than a user may run.
const LOST = new Set([1206, 1305, 1226]);

// A full disk or table; a server, or a transaction, that takes no writes; a view that takes none, or is broken; a column
// that the server computes; a definer who is gone; a log of statements, which this isolation level has not. Names and
// rights have a state of their own.
const SETUP = new Set([3, 1021, 1114, 1288, 1290, 1356, 1449, 1471, 1665, 1792, 1836, 1906, 3105]);

// What a trigger says, whatever state it gives, finds several of or does not find; no default, wrong value, text that the
// character set of the column lacks, a partition that is not there, invalid JSON, checks: servers report these as "general
// error", or not as errors of data.
const DATA = new Set([
  1172, 1267, 1270, 1271, 1329, 1339, 1364, 1366, 1526, 1643, 1644, 3140, 3819, 3854, 3988, 4025,
]);

/** How many rows a statement changed. */
function rowsOf({ numAffectedRows = 0n }: QueryResult<unknown>): number {
  return Number(numAffectedRows);
}

function isDuplicate(error: unknown): boolean {
  const { errno } = error as { errno?: unknown };
  return Number(errno) === 1062;
}
