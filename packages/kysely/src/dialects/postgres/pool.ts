import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Hold, Pool, PooledConnection, PostgresClient } from '../pool.js';

/** Kysely over a pool of `pg` that stays its owner's. */
export function overPostgresPool(pool: Pool, hold: Hold): Dialect | undefined {
  if (!('connect' in pool)) return undefined;
  return new PostgresDialect({
    pool: {
      async connect() {
        const client = await pool.connect();
        const release = hold(pooled(client));
        // Without cursors, which the sink has no use for.
        const query = (text: string, parameters: readonly unknown[]) => client.query(text, [...parameters]);
        return { query, release } as PostgresPoolClient;
      },
      async end() {},
    },
  });
}

function pooled(client: PostgresClient): PooledConnection {
  // A connection that is lost fails what it is used for. In `pg` it is an event, too, which ends the process if nobody
  // listens, and the pool listens only while it has the connection.
  const onError = (): void => {};
  client.on?.('error', onError);
  return {
    release() {
      client.release();
      client.off?.('error', onError);
    },
    destroy: () => client.release(true),
  };
}
