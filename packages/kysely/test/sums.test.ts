import { hasMariadb, type MariadbServer, startMariadb } from '@sluice/test-servers';
import { seededRandom } from '@sluice/testing';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kyselySink, type Sum } from '../src/index.js';
import { batchOf, context } from './support/batches.js';
import { openMysql, openPglite, openSqlite, type TestDatabase } from './support/databases.js';

const MOST = 2n ** 63n - 1n;
const ROUNDS = 10;
const KEYS = [1, 2, 3, 4, 5];

/** A column of whole numbers that 64 bits hold, or of decimals with a scale. */
interface Counted {
  readonly name: string;
  readonly scale: number;
  readonly min: bigint | undefined;
}

type Rows = Map<number, Map<string, bigint | null>>;

/** What is right: an addition of bigints and the floor, if the column holds the sum. */
function apply(
  rows: Rows,
  key: number,
  sums: ReadonlyMap<string, bigint>,
  columns: readonly Counted[],
  isText: boolean,
): boolean {
  const row = new Map(rows.get(key) ?? columns.map(({ name }) => [name, null]));
  for (const [name, sum] of sums) {
    const { min, scale } = columns.find((column) => column.name === name) as Counted;
    const total = (row.get(name) ?? 0n) + sum;
    const next = min !== undefined && total < min ? min : total;
    const isLong = next > MOST || next < -MOST - 1n;
    if (isLong && (scale === 0 || isText)) return false;
    row.set(name, next);
  }
  rows.set(key, row);
  return true;
}

/** Written by hand, not with what is tested. */
function written(units: bigint | null, scale: number): string | null {
  if (units === null) return null;
  const unit = 10n ** BigInt(scale);
  const size = units < 0n ? -units : units;
  const digits = scale === 0 ? '' : `.${String(unit + (size % unit)).slice(1)}`;
  return `${units < 0n ? '-' : ''}${size / unit}${digits}`;
}

async function textsOf(db: Kysely<unknown>, columns: readonly Counted[]): Promise<unknown[]> {
  const texts = columns.map(({ name }) => sql`concat('', ${sql.id(name)})`);
  const isNull = columns.map(({ name }) => sql`case when ${sql.id(name)} is null then 1 else 0 end`);
  const list = sql.join([sql`k`, ...texts.map((text, i) => sql`${text} as ${sql.id(`t${i}`)}`)]);
  const nulls = sql.join(isNull.map((one, i) => sql`${one} as ${sql.id(`n${i}`)}`));
  const { rows } = await sql<Record<string, unknown>>`select ${list}, ${nulls} from t order by k`.execute(db);
  return rows.map((row) => [
    Number(row.k),
    ...columns.map((_, i) => (Number(row[`n${i}`]) === 1 ? null : row[`t${i}`])),
  ]);
}

/** @param isText whether decimals are text, as SQLite has them */
function sumsSuite(open: () => Promise<TestDatabase>, isText = false): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.[Symbol.asyncDispose]());

  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('program %i', async (seed) => {
    const { db } = database;
    const random = seededRandom(seed);
    const pick = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    const whole = (): bigint =>
      pick<() => bigint>(
        () => BigInt(Math.floor(random() * 7) - 3),
        () => BigInt(Math.floor((random() - 0.5) * 2 * Number.MAX_SAFE_INTEGER)),
        () => pick(1n, -1n) * BigInt(Number.MAX_SAFE_INTEGER),
      )();
    const columns = ['a', 'b', 'c'].map(
      (name): Counted => ({
        name,
        scale: pick(0, 0, 1, 2, 6, 18),
        min: pick(undefined, 0n, whole(), -MOST - 1n),
      }),
    );
    const rows: Rows = new Map();
    for (const table of ['t', 'sluice_ledger']) await sql`drop table if exists ${sql.id(table)}`.execute(db);
    const types = columns.map(
      ({ name, scale }) => `${name} ${scale === 0 ? 'bigint' : isText ? 'text' : `decimal(50, ${scale})`}`,
    );
    await sql.raw(`create table t (k integer primary key, ${types.join()})`).execute(db);
    for (const key of KEYS.slice(0, 3)) {
      const units = columns.map(() => pick(null, 0n, whole(), MOST - 2n, -MOST));
      const values = columns.map(({ scale }, i) => cast(written(units[i] ?? null, scale), scale));
      await sql`insert into t values (${key}, ${sql.join(values)})`.execute(db);
      rows.set(key, new Map(columns.map(({ name }, i) => [name, units[i] ?? null])));
    }
    const options = columns.flatMap(({ name, scale, min }): [string, Sum][] => {
      const sum = { column: name, scale, ...(min !== undefined && { min }) };
      // Each column has a second name.
      return [
        [name, sum],
        [`old_${name}`, sum],
      ];
    });
    const sink = kyselySink({
      db,
      models: { T: { table: 't', keys: ['k'], columns: Object.fromEntries(options) } },
    });
    await sink.migrate();
    await sink.validate();

    for (let round = 0; round < ROUNDS; round += 1) {
      const increments = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
        const named = options.filter(() => random() < 0.4).map(([name]) => [name, Number(whole())] as const);
        return [
          'T',
          Object.fromEntries(named.length > 0 ? named : [['a', 1]]),
          { k: pick(...KEYS) },
        ] as const;
      });
      const batch = await batchOf(increments).catch(() => undefined);
      // The buffer takes no sum past what JavaScript counts.
      if (batch === undefined) continue;
      const result = await sink(batch, context)
        .catch(() => sink({ ...batch, attempt: 2 }, context))
        .catch(() => ({ rejected: batch.entries.map((_, index) => ({ index })) }));
      const refused = result === undefined ? [] : result.rejected.map(({ index }) => index);
      const failed = batch.entries.flatMap(({ columns: given, filters }, index) => {
        const sums = new Map<string, bigint>();
        for (const [name, amount] of Object.entries(given)) {
          const column = name.replace('old_', '');
          sums.set(column, (sums.get(column) ?? 0n) + BigInt(amount ?? 0));
        }
        return apply(rows, Number(filters.k), sums, columns, isText) ? [] : [index];
      });
      expect(refused.sort()).toEqual(failed.sort());
      const right = [...rows].sort(([a], [b]) => a - b);
      expect(await textsOf(db, columns)).toEqual(
        right.map(([key, row]) => [
          key,
          ...columns.map(({ name, scale }) => written(row.get(name) ?? null, scale)),
        ]),
      );
    }
  });

  function cast(text: string | null, scale: number): RawBuilder<unknown> {
    return scale > 0 && isText ? sql`${text}` : sql`cast(${text} as decimal(50, ${sql.lit(scale)}))`;
  }
}

describe('PGlite', () => sumsSuite(openPglite));
describe('SQLite', () => sumsSuite(openSqlite, true));

// On Debian: apt-get install mariadb-server
describe.skipIf(!hasMariadb)('MariaDB (skipped where there is no mariadbd)', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  sumsSuite(() => openMysql(server.socket));
});
