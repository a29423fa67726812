import { fileURLToPath } from 'node:url';
import { Kysely } from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import postgres, { type Sql } from 'postgres';
import type { Road, Tables } from './road.js';

export function overPostgresJs(postgres: Sql): Kysely<Tables> {
  return new Kysely({ dialect: new PostgresJSDialect({ postgres }) });
}

/** postgres.js, with migrations that are files of SQL. */
export function openPostgresJs(url: string): Road {
  const sql = postgres(url);
  return {
    db: overPostgresJs(sql),
    async migrate() {
      for (const name of ['0000_pages', '0001_sluice_ledger']) {
        await sql.file(fileURLToPath(new URL(`migrations/${name}.sql`, import.meta.url)));
      }
    },
    async views(path) {
      const [page] = await sql<{ views: string }[]>`select views from pages where path = ${path}`;
      return BigInt(page?.views ?? 0);
    },
    // Without a limit it may wait for ever for a connection that was lost.
    close: () => sql.end({ timeout: 1 }),
  };
}
