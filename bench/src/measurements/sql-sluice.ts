import { createBuffer } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { PageTable } from '../page-table.js';
import { RedisMeter } from '../redis-meter.js';
import { openSluice, sluiceOnRedis } from '../sluice.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { zipfPaths } from '../workload.js';

const LINGER_MS = 1000;

export interface SqlSluiceSettings {
  readonly redisPort: number;
  readonly postgresUrl: string;
  readonly increments: number;
  readonly batchSize: number;
}

export type SqlSluiceFigures = {
  /** From the first increment to the last commit. */
  readonly perSecond: number;
  readonly rows: number;
  /** Over the drain alone. */
  readonly rowsPerSecond: number;
  /** Over the whole. */
  readonly rowsPerSecondInAll: number;
};

/** Counts views into Redis and from there, exactly once, into PostgreSQL. */
export async function run(settings: SqlSluiceSettings): Promise<SqlSluiceFigures> {
  const { redisPort, postgresUrl, increments, batchSize } = settings;
  await using table = await PageTable.connect(postgresUrl);
  await using meter = await RedisMeter.connect(redisPort);
  const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString: postgresUrl }) });
  await using db = new Kysely<unknown>({ dialect });
  const sink = kyselySink({ db, models: { Page: { table: 'page', keys: ['path'], columns: ['views'] } } });
  await sink.migrate();

  const pass = async (
    paths: readonly string[],
  ): Promise<{ inSeconds: number; outSeconds: number; rows: number }> => {
    await meter.empty();
    await table.fill(paths);
    await using counter = await openSluice({
      backend: sluiceOnRedis(redisPort),
      lingerMs: LINGER_MS,
    });
    await using worker = createBuffer({ backend: sluiceOnRedis(redisPort), sink, batchSize });
    await worker.stats(); // connects
    const inSeconds = await secondsOf(() => counter.count(paths));
    let rows = 0;
    const outSeconds = await secondsOf(async () => {
      rows = (await worker.processPending()).entries;
    });
    const { pending, claimed, dead } = await worker.stats();
    if (pending + claimed + dead > 0) throw new Error('The drain left something behind.');
    await table.verify(paths.length);
    return { inSeconds, outSeconds, rows };
  };

  await pass(zipfPaths(warmUpOf(increments), 'warm-up'));
  const { inSeconds, outSeconds, rows } = await pass(zipfPaths(increments));
  return {
    perSecond: increments / (inSeconds + outSeconds),
    rows,
    rowsPerSecond: rows / outSeconds,
    rowsPerSecondInAll: rows / (inSeconds + outSeconds),
  };
}
