import {
  hasMariadb,
  type MariadbServer,
  type PostgresServer,
  startMariadb,
  startPostgres,
} from '@sluice/test-servers';
import { seededRandom } from '@sluice/testing';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';
import { openMysql, openPglite, openPostgres, openSqlite, type TestDatabase } from './support/databases.js';
import { faulty } from './support/faults.js';

type Db = Kysely<unknown>;
type Key = readonly [a: string | null, b: number | null];
type Counts = Readonly<Partial<Record<string, number>>>;
type Statement = (table: string) => string;

const COLUMNS = ['n', 'm', 'o'];
const ROUNDS = 12;

/** What somebody else does to a table; of a row that is there already, an insert is left out. */
const OTHERS: readonly Statement[] = [
  (table) => `delete from ${table} where b = 1`,
  (table) => `delete from ${table} where a is null`,
  (table) => `update ${table} set o = 7`,
  (table) => `update ${table} set n = n + 3, a = 'y' where a is null and b is null`,
];

const insert =
  (a: string, b: number): Statement =>
  (table) =>
    `insert into ${table} (a, b, n, m, o) select '${a}', ${b}, 3, 4, 5 from (select 1 as one) as one where not exists (select 1 from ${table} where a = '${a}' and b = ${b})`;

const LOG_ON_POSTGRES: readonly Statement[] = [
  (table) => `
    create or replace function write_${table}() returns trigger language plpgsql as $$
      begin insert into log_${table} values (new.a, new.b, old.n, new.n); return new; end
    $$
  `,
  (table) =>
    `create trigger log before insert or update on ${table} for each row execute function write_${table}()`,
];
const LOG_ON_OTHERS: readonly Statement[] = [
  (table) =>
    `create trigger i_${table} before insert on ${table} for each row begin insert into log_${table} values (new.a, new.b, null, new.n); end`,
  (table) =>
    `create trigger u_${table} before update on ${table} for each row begin insert into log_${table} values (new.a, new.b, old.n, new.n); end`,
];

/** One increment as somebody would write it by hand. Throws where the database says no. */
async function byHand(db: Db, [a, b]: Key, counts: Counts): Promise<void> {
  const is = (column: string, value: Key[number]): RawBuilder<unknown> =>
    value === null ? sql`${sql.id(column)} is null` : sql`${sql.id(column)} = ${value}`;
  const changes = Object.entries(counts).map(
    ([column, count]) => sql`${sql.id(column)} = coalesce(${sql.id(column)}, 0) + ${sql.lit(count ?? 0)}`,
  );
  const where = sql`where ${is('a', a)} and ${is('b', b)}`;
  const { rows } = await sql`select 1 from hand ${where}`.execute(db);
  if (rows.length > 1) throw new Error('It would be counted twice.');
  if (rows.length > 0) {
    await sql`update hand set ${sql.join(changes)} ${where}`.execute(db);
    return;
  }
  const columns = sql.join(['a', 'b', ...Object.keys(counts)].map((column) => sql.id(column)));
  const values = sql.join([
    sql`${a}`,
    sql`${b}`,
    ...Object.values(counts).map((count) => sql.lit(count ?? 0)),
  ]);
  await sql`insert into hand (${columns}) values (${values})`.execute(db);
}

async function rowsOf(db: Db, table: string): Promise<string[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.id(table)}`.execute(db);
  return rows.map((row) => JSON.stringify(Object.values(row).map(String))).sort();
}

/**
 * Whatever a table is like, what the sink leaves in it is what statements by hand leave in its twin, and its triggers see
 * the same.
 * @param isServer whether others can write while a transaction is open
 */
function twinSuite(open: () => Promise<TestDatabase>, log: readonly Statement[], isServer = false): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each([1, 2, 3, 4, 5, 6])('program %i', async (seed) => {
    const { db } = database;
    const random = seededRandom(seed);
    const pick = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    const definition = (): string => [pick('', 'not null'), pick('', 'default 0', 'default 5')].join(' ');
    const columns = COLUMNS.map((name) => `${name} integer ${definition()}`);
    const constraints = [
      pick('', ', check (n >= 0)'),
      pick('', ', check (m < 40)'),
      pick('', ', check (n + m < 60)'),
    ];
    const triggers = pick([], log);
    for (const table of ['twin', 'hand']) {
      for (const statement of [
        `drop table if exists ${table}`,
        `drop table if exists log_${table}`,
        `create table ${table} (a varchar(9), b integer, ${columns.join()}, unique (a, b) ${constraints.join('')})`,
        `create table log_${table} (a varchar(9), b integer, old integer, new integer)`,
        ...triggers.map((of) => of(table)),
      ]) {
        await sql.raw(statement).execute(db);
      }
    }

    let meanwhile: { readonly at: RegExp; readonly what: Statement } | undefined;
    let happened = false;
    const before = async (text: string): Promise<void> => {
      if (meanwhile === undefined || !meanwhile.at.test(text)) return;
      const { what } = meanwhile;
      meanwhile = undefined;
      happened = await write(what);
    };
    /** Whether the database took it: it may be against a constraint, or have to wait for the sink. */
    const write = (what: Statement): Promise<boolean> =>
      sql
        .raw(what('twin'))
        .execute(db)
        .then(
          () => true,
          () => false,
        );
    const sink = kyselySink({
      db: isServer ? database.connect(faulty({ before })) : db,
      models: { T: { table: 'twin', keys: ['a', 'b'], columns: COLUMNS } },
    });
    await sink.migrate();
    const key = (): Key => [pick('x', 'y', null), pick(1, 2, null)];

    for (let round = 0; round < ROUNDS; round += 1) {
      const increments = Array.from({ length: 1 + Math.floor(random() * 9) }, () => {
        const [a, b] = key();
        const named = COLUMNS.filter(() => random() < 0.6);
        const counts = Object.fromEntries(named.map((name) => [name, pick(-3, 1, 2, 9)]));
        return ['T', named.length > 0 ? counts : { n: 1 }, { a, b }] as const;
      });
      const [, , last] = increments.at(-1) ?? [];
      const row = insert(last?.a ?? 'x', last?.b ?? 1);
      // Until its rows are looked for anything may happen to a table, and until one is inserted somebody may do that first.
      const happens = pick(
        { at: /twin/, what: pick(...OTHERS, row) },
        { at: /^insert into .twin/, what: row },
      );
      if (isServer) [meanwhile, happened] = [happens, false];
      else happened = await write(happens.what);
      const batch = await batchOf(increments);
      const result = await sink(batch, context).catch(() => sink({ ...batch, attempt: 2 }, context));
      const refused = result === undefined ? [] : result.rejected.map(({ index }) => index);

      meanwhile = undefined;
      if (happened) await sql.raw(happens.what('hand')).execute(db);
      const failed: number[] = [];
      for (const [index, { columns, filters }] of batch.entries.entries()) {
        await byHand(db, [filters.a as Key[0], filters.b as Key[1]], columns).catch(() => failed.push(index));
      }
      expect(refused.sort()).toEqual(failed.sort());
      expect(await rowsOf(db, 'twin')).toEqual(await rowsOf(db, 'hand'));
      expect(await rowsOf(db, 'log_twin')).toEqual(await rowsOf(db, 'log_hand'));
    }
  });
}

describe('PGlite', () => twinSuite(openPglite, LOG_ON_POSTGRES));
describe('SQLite', () => twinSuite(openSqlite, LOG_ON_OTHERS));

describe('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  twinSuite(() => openPostgres(server.url), LOG_ON_POSTGRES, true);
});

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    // The sink waits for what others do meanwhile, so they cannot wait for the sink.
    server = await startMariadb({
      'transaction-isolation': 'READ-COMMITTED',
      'innodb-lock-wait-timeout': '0',
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  twinSuite(() => openMysql(server.socket), LOG_ON_OTHERS, true);
});
