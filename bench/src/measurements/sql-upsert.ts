import { PageTable } from '../page-table.js';
import { openUpsert, type Row } from '../peers/upsert.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { zipfPaths } from '../workload.js';

export interface SqlUpsertSettings {
  readonly postgresUrl: string;
  readonly increments: number;
}

export type SqlUpsertFigures = { readonly rows: number; readonly rowsPerSecond: number };

/** Writes to PostgreSQL the sums that Sluice writes for this many increments. */
export async function run({ postgresUrl, increments }: SqlUpsertSettings): Promise<SqlUpsertFigures> {
  await using table = await PageTable.connect(postgresUrl);
  await using upserter = openUpsert(postgresUrl);
  const pass = async (paths: readonly string[]): Promise<SqlUpsertFigures> => {
    await table.fill(paths);
    const rows = sumUp(paths);
    const seconds = await secondsOf(() => upserter.upsert(rows));
    await table.verify(paths.length);
    return { rows: rows.length, rowsPerSecond: rows.length / seconds };
  };
  await pass(zipfPaths(warmUpOf(increments), 'warm-up'));
  return await pass(zipfPaths(increments));
}

function sumUp(paths: readonly string[]): Row[] {
  const views = new Map<string, number>();
  for (const path of paths) views.set(path, (views.get(path) ?? 0) + 1);
  return Array.from(views, ([path, sum]) => ({ path, views: sum }));
}
