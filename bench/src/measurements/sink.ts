import { randomUUID } from 'node:crypto';
import type { Batch, SinkContext } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { inFlight } from '../in-flight.js';
import { type DatabaseName, fill, open, STORES, type Sum, verify } from '../sql/store.js';
import { secondsOf } from '../stopwatch.js';

export interface SinkSettings {
  readonly database: DatabaseName;
  readonly address: string;
  readonly writer: 'sluice' | 'upsert';
  /** Whether the rows are there already. */
  readonly existing: boolean;
  readonly rows: number;
  readonly batchSize: number;
}

export type SinkFigures = { readonly rowsPerSecond: number };

/** Writes sums to a table, a transaction for each batch: with the sink of Sluice, or with upserts and no ledger. */
export async function run(settings: SinkSettings): Promise<SinkFigures> {
  const { database, address, writer, existing, rows, batchSize } = settings;
  const store = STORES[database];
  await using db = open(database, address);
  const sink = kyselySink({ db, models: { Page: { table: 'page', keys: ['path'], columns: ['views'] } } });
  await sink.migrate();
  const write =
    writer === 'sluice'
      ? (sums: readonly Sum[], i: number) => sink(batchOf(sums, i), contextOfBatch())
      : (sums: readonly Sum[]) => db.transaction().execute((trx) => trx.executeQuery(store.upsert(sums)));

  const pass = async (count: number): Promise<number> => {
    const sums = Array.from({ length: count }, (_, i) => ({ path: pathOf(i, count), views: 1 + (i % 9) }));
    await fill(db, store, existing ? sums.map(({ path }) => path) : []);
    const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => ({
      i,
      sums: sums.slice(i * batchSize, (i + 1) * batchSize),
    }));
    const seconds = await secondsOf(() =>
      inFlight(store.atATime, batches, ({ sums, i }) => write(sums, i) as Promise<unknown>),
    );
    await verify(
      db,
      sums.reduce((sum, { views }) => sum + views, 0),
    );
    return count / seconds;
  };

  await pass(Math.min(rows, batchSize * 4));
  return { rowsPerSecond: await pass(rows) };
}

/** In no order, as a partition's targets are. */
function pathOf(i: number, count: number): string {
  return `/pages/${(i * 7919) % count}/of/a/site`;
}

function batchOf(sums: readonly Sum[], i: number): Batch {
  return {
    id: randomUUID(),
    partition: i % 64,
    attempt: 1,
    entries: sums.map(({ path, views }) => ({
      model: 'Page',
      columns: { views },
      filters: { path },
      extra: {},
      signalOnly: false,
    })) as unknown as Batch['entries'],
  };
}

function contextOfBatch(): SinkContext {
  return {
    signal: new AbortController().signal,
    leaseMs: 30_000,
    ageMs: 0,
    logger: { warn() {}, error() {} },
  };
}
