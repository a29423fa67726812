import { Kysely, SqliteDialect } from 'kysely';
import SQLite from 'libsql';

export interface Database {
  pages: { path: string; views: number };
}

/** The service's own database, with the table that the counts end in. */
export async function openDatabase(file: string): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: new SQLite(file) }) });
  await db.schema
    .createTable('pages')
    .ifNotExists()
    .addColumn('path', 'text', (column) => column.primaryKey())
    .addColumn('views', 'integer', (column) => column.notNull())
    .execute();
  return db;
}
