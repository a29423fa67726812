import { readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import type { Road, Tables } from './road.js';

export function overPool(pool: Pool): Kysely<Tables> {
  // Unheard, the error of a connection that is lost ends the process. One in use fails its query, too.
  pool.on('error', (error) => console.error(`PostgreSQL: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/** `pg`, with migrations that are files of SQL. */
export function openPg(connectionString: string): Road {
  const pool = new Pool({ connectionString });
  return {
    db: overPool(pool),
    async migrate() {
      for (const name of ['0000_pages', '0001_sluice_ledger']) {
        await pool.query(await readFile(new URL(`migrations/${name}.sql`, import.meta.url), 'utf8'));
      }
    },
    async views(path) {
      const { rows } = await pool.query<{ views: string }>('select views from pages where path = $1', [path]);
      return BigInt(rows[0]?.views ?? 0);
    },
    close: () => pool.end(),
  };
}
