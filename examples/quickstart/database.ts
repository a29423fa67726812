import { PGlite, type Transaction } from '@electric-sql/pglite';
import type { Entry, Filters, Sink } from '@sluice/core';
import { type FlightSchema, nameOf, type Rows, type Totals } from './totals.js';

/** PostgreSQL in this process, and the sink that applies batches to it. */
export interface Database extends AsyncDisposable {
  readonly sink: Sink<FlightSchema>;
  rows(): Promise<Rows>;
}

const TABLES = `
  CREATE TABLE Airport (
    origin text PRIMARY KEY,
    flights bigint NOT NULL, delay bigint NOT NULL, miles bigint NOT NULL, last_departure timestamptz NOT NULL
  );
  CREATE TABLE Route (
    origin text, destination text, PRIMARY KEY (origin, destination),
    flights bigint NOT NULL, delay bigint NOT NULL, miles bigint NOT NULL, last_departure timestamptz NOT NULL
  );
  CREATE TABLE applied_batch (id text PRIMARY KEY);
`;

/** Starts an empty database. */
export async function openDatabase(): Promise<Database> {
  const db = await PGlite.create();
  await db.exec(TABLES);
  // The batch's id is written together with its rows, so a batch that is delivered twice counts once.
  const sink: Sink<FlightSchema> = (batch, { signal }) =>
    db.transaction(async (tx) => {
      const first = await tx.query('INSERT INTO applied_batch VALUES ($1) ON CONFLICT DO NOTHING', [
        batch.id,
      ]);
      if (first.affectedRows === 0) return;
      await upsert(tx, 'Airport', ['origin'], batch.entries);
      await upsert(tx, 'Route', ['origin', 'destination'], batch.entries);
      signal.throwIfAborted();
    });
  return { sink, rows: () => readRows(db), [Symbol.asyncDispose]: () => db.close() };
}

/** Adds the entries of one model to its table, in one statement. */
async function upsert(
  tx: Transaction,
  model: keyof FlightSchema,
  keys: readonly string[],
  entries: readonly Entry<FlightSchema>[],
): Promise<void> {
  const chosen = entries.filter((entry) => entry.model === model && !entry.signalOnly);
  if (chosen.length === 0) return;
  const texts = keys.map((_, i) => `$${i + 1}::text[]`);
  const sums = ['flights', 'delay', 'miles'] as const;
  const bigints = sums.map((_, i) => `$${keys.length + i + 1}::bigint[]`);
  await tx.query(
    `INSERT INTO ${model} AS row
     SELECT * FROM unnest(${[...texts, ...bigints].join(', ')}, $${keys.length + 4}::timestamptz[])
     ON CONFLICT (${keys.join(', ')}) DO UPDATE SET
       flights = row.flights + excluded.flights,
       delay = row.delay + excluded.delay,
       miles = row.miles + excluded.miles,
       last_departure = GREATEST(row.last_departure, excluded.last_departure)`,
    [
      ...keys.map((key) => chosen.map(({ filters }) => (filters as Filters)[key])),
      ...sums.map((sum) => chosen.map(({ columns }) => columns[sum] ?? 0)),
      chosen.map(({ extra }) => extra.lastDeparture?.value),
    ],
  );
}

async function readRows(db: PGlite): Promise<Rows> {
  const { rows } = await db.query<Totals & { origin: string; destination: string | null }>(`
    SELECT origin, NULL AS destination, flights, delay, miles, last_departure AS "lastDeparture" FROM Airport
    UNION ALL
    SELECT origin, destination, flights, delay, miles, last_departure FROM Route`);
  return new Map(
    rows.map(({ origin, destination, ...totals }) => [nameOf(origin, destination ?? undefined), totals]),
  );
}
