import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Hold, Pool } from '../pool.js';

/** Kysely over a pool of `pg` that stays its owner's. */
export function overPostgresPool(pool: Pool, hold: Hold): Dialect | undefined {
  if (!('connect' in pool)) return undefined;
  return new PostgresDialect({
    pool: {
      async connect() {
        const client = await pool.connect();
        const release = hold({ release: () => client.release(), destroy: () => client.release(true) });
        // Without cursors, which the sink has no use for.
        const query = (text: string, parameters: readonly unknown[]) => client.query(text, [...parameters]);
        return { query, release } as PostgresPoolClient;
      },
      async end() {},
    },
  });
}
