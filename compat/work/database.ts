import { Kysely, SqliteDialect } from 'kysely';
import initSqlJs from 'sql.js/dist/sql-asm.js';

interface Tables {
  pages: { path: string; views: number; last_seen: number | null };
}

/** SQLite in plain JavaScript: it runs in every Node, and in a bundle, without a file beside it. */
export async function openDatabase(): Promise<Kysely<Tables>> {
  const { Database } = await initSqlJs();
  const database = new Database();
  database.run('create table pages (path text primary key, views integer not null, last_seen integer)');
  return new Kysely({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          const statement = database.prepare(sql);
          const all = (parameters: readonly unknown[]): unknown[] => {
            statement.bind(parameters);
            const rows: unknown[] = [];
            while (statement.step()) rows.push(statement.getAsObject());
            statement.free();
            return rows;
          };
          return {
            reader: statement.getColumnNames().length > 0,
            all,
            iterate: (parameters) => all(parameters).values(),
            run(parameters) {
              all(parameters);
              return { changes: database.getRowsModified(), lastInsertRowid: 0 };
            },
          };
        },
      },
    }),
  });
}
