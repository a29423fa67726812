import type { PGlite } from '@electric-sql/pglite';
import type { PostgresPool, PostgresPoolClient } from 'kysely';

/** PGlite as the pool that Kysely's PostgreSQL dialect wants: of one connection, which is handed out in turn. */
export function pglitePool(pglite: PGlite): PostgresPool {
  let free = Promise.resolve();
  return {
    async connect(): Promise<PostgresPoolClient> {
      const turn = free;
      let release = (): void => {};
      free = new Promise((resolve) => {
        release = resolve;
      });
      await turn;
      // Kysely reads rows and their count; streaming, which takes a cursor instead of a text, is not for PGlite.
      const query = async (text: string, values: readonly unknown[]) => {
        const { rows, affectedRows } = await pglite.query(text, [...values]);
        return { rows, rowCount: affectedRows ?? 0, command: text.split(' ', 1)[0]?.toUpperCase() };
      };
      return { query: query as PostgresPoolClient['query'], release };
    },
    end: () => pglite.close(),
  };
}
