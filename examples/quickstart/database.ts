import { PGlite } from '@electric-sql/pglite';
import { type KyselySink, kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import { pglitePool } from './pglite-pool.js';
import { type FlightSchema, nameOf, type Rows } from './totals.js';

/** PostgreSQL in this process, and the sink that applies batches to it. */
export interface Database extends AsyncDisposable {
  readonly sink: KyselySink<FlightSchema>;
  rows(): Promise<Rows>;
}

interface Sums {
  flights: number;
  delay: number;
  miles: number;
  last_departure: Date;
}

interface Tables {
  airport: Sums & { origin: string };
  route: Sums & { origin: string; destination: string };
}

const TABLES = `
  CREATE TABLE airport (
    origin text PRIMARY KEY,
    flights bigint NOT NULL,
    delay bigint NOT NULL,
    miles bigint NOT NULL,
    last_departure timestamptz NOT NULL
  );
  CREATE TABLE route (
    origin text,
    destination text,
    flights bigint NOT NULL,
    delay bigint NOT NULL,
    miles bigint NOT NULL,
    last_departure timestamptz NOT NULL,
    PRIMARY KEY (origin, destination)
  );
`;

const extra = { lastDeparture: 'last_departure' } as const;

/** Starts an empty database. */
export async function openDatabase(): Promise<Database> {
  const pglite = await PGlite.create();
  await pglite.exec(TABLES);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pglitePool(pglite) }) });
  const sink: KyselySink<FlightSchema> = kyselySink({
    db,
    models: { Airport: { table: 'airport', extra }, Route: { table: 'route', extra } },
  });
  await sink.migrate();
  await sink.validate();
  return { sink, rows: () => readRows(db), [Symbol.asyncDispose]: () => db.destroy() };
}

async function readRows(db: Kysely<Tables>): Promise<Rows> {
  const [airports, routes] = await Promise.all([
    db.selectFrom('airport').selectAll().execute(),
    db.selectFrom('route').selectAll().execute(),
  ]);
  return new Map([
    ...airports.map(({ origin, ...sums }) => [nameOf(origin), totalsOf(sums)] as const),
    ...routes.map(
      ({ origin, destination, ...sums }) => [nameOf(origin, destination), totalsOf(sums)] as const,
    ),
  ]);
}

function totalsOf({ flights, delay, miles, last_departure }: Sums) {
  return { flights, delay, miles, lastDeparture: last_departure };
}
