import { type KyselySink, kyselySink, migrateLedger } from '@sluice/kysely';
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely';
import Database from 'libsql';

/** The databases that were made, the newest last. */
const databases: Kysely<unknown>[] = [];

/** A sink over a database of its own, with these tables. */
export async function sinkOver(ddl: string, { hasLedger = true } = {}): Promise<KyselySink> {
  const database = new Database(':memory:') as unknown as SqliteDatabase;
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  databases.push(db);
  await sql.raw(ddl).execute(db);
  if (hasLedger) await migrateLedger(db);
  return kyselySink({ db, models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } } });
}

/** The views of a page, in the newest database. */
export async function viewsOf(path: string): Promise<unknown> {
  const db = databases.at(-1) as Kysely<unknown>;
  const { rows } = await sql<{ views: unknown }>`select views from pages where path = ${path}`.execute(db);
  return rows[0]?.views;
}
