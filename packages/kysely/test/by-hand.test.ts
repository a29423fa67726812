import { hasMariadb, type MariadbServer, startMariadb } from '@sluice/test-servers';
import { seededRandom } from '@sluice/testing';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';
import { openMysql, openPglite, openSqlite, type TestDatabase } from './support/databases.js';

type Db = Kysely<unknown>;
type Key = readonly [a: string | null, b: number | null];
type Counts = Readonly<Partial<Record<string, number>>>;

const COLUMNS = ['n', 'm', 'o'];
const ROUNDS = 12;

/** One increment as somebody would write it by hand. Throws where the database says no. */
async function byHand(db: Db, [a, b]: Key, counts: Counts): Promise<void> {
  const is = (column: string, value: Key[number]): RawBuilder<unknown> =>
    value === null ? sql`${sql.id(column)} is null` : sql`${sql.id(column)} = ${value}`;
  const changes = Object.entries(counts).map(
    ([column, count]) => sql`${sql.id(column)} = coalesce(${sql.id(column)}, 0) + ${sql.lit(count ?? 0)}`,
  );
  const where = sql`where ${is('a', a)} and ${is('b', b)}`;
  const { rows } = await sql`select 1 from hand ${where}`.execute(db);
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
  const { rows } = await sql<Record<string, unknown>>`select a, b, n, m, o from ${sql.id(table)}`.execute(db);
  return rows.map(({ a, b, n, m, o }) => JSON.stringify([a, b, n, m, o].map(String))).sort();
}

/** Whatever a table is like, what the sink leaves in it is what statements by hand leave in its twin. */
function twinSuite(open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('program %i', async (seed) => {
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
    for (const table of ['twin', 'hand']) {
      await sql`drop table if exists ${sql.id(table)}`.execute(db);
      const text = `create table ${table} (a varchar(9), b integer, ${columns.join()}, unique (a, b) ${constraints.join('')})`;
      await sql.raw(text).execute(db);
    }
    const mapping = { table: 'twin', keys: ['a', 'b'], columns: COLUMNS };
    const sink = kyselySink({ db, models: { T: mapping } });
    await sink.migrate();
    const key = (): Key => [pick('x', 'y', null), pick(1, 2, null)];

    for (let round = 0; round < ROUNDS; round += 1) {
      // Somebody else writes the table, too.
      const other = pick('delete from ? where b = 1', 'delete from ? where a is null', 'update ? set o = 7');
      for (const table of ['twin', 'hand']) await sql.raw(other.replace('?', table)).execute(db);
      const increments = Array.from({ length: 1 + Math.floor(random() * 9) }, () => {
        const [a, b] = key();
        const named = COLUMNS.filter(() => random() < 0.6);
        const counts = Object.fromEntries(named.map((name) => [name, pick(-3, 1, 2, 9)]));
        return ['T', named.length > 0 ? counts : { n: 1 }, { a, b }] as const;
      });
      const batch = await batchOf(increments);
      const result = await sink(batch, context)
        .catch(() => sink({ ...batch, attempt: 2 }, context))
        // Where nothing can be applied, the batch waits.
        .catch(() => ({ rejected: batch.entries.map((_, index) => ({ index })) }));
      const refused = result === undefined ? [] : result.rejected.map(({ index }) => index);
      const failed: number[] = [];
      for (const [index, { columns, filters }] of batch.entries.entries()) {
        await byHand(db, [filters.a as Key[0], filters.b as Key[1]], columns).catch(() => failed.push(index));
      }
      expect(refused.sort()).toEqual(failed.sort());
      expect(await rowsOf(db, 'twin')).toEqual(await rowsOf(db, 'hand'));
    }
  });
}

describe('PGlite', () => twinSuite(openPglite));
describe('SQLite', () => twinSuite(openSqlite));

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  twinSuite(() => openMysql(server.socket));
});
