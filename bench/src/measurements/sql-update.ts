import { PageTable } from '../page-table.js';
import { openUpdate } from '../peers/update.js';
import { secondsOf, warmUpOf } from '../stopwatch.js';
import { zipfPaths } from '../workload.js';

export interface SqlUpdateSettings {
  readonly postgresUrl: string;
  readonly increments: number;
}

export type SqlUpdateFigures = { readonly perSecond: number };

/** Counts views in PostgreSQL directly. */
export async function run({ postgresUrl, increments }: SqlUpdateSettings): Promise<SqlUpdateFigures> {
  await using table = await PageTable.connect(postgresUrl);
  await using counter = await openUpdate(postgresUrl);
  const pass = async (paths: readonly string[]): Promise<number> => {
    await table.fill(paths);
    const seconds = await secondsOf(() => counter.count(paths));
    await table.verify(paths.length);
    return seconds;
  };
  await pass(zipfPaths(warmUpOf(increments), 'warm-up'));
  return { perSecond: increments / (await pass(zipfPaths(increments))) };
}
