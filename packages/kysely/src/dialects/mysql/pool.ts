import { type Dialect, MysqlDialect, type MysqlPoolConnection } from 'kysely';
import type { Hold, MysqlConnection, Pool, PooledConnection } from '../pool.js';

/** Kysely over a pool of `mysql2` that stays its owner's. */
export function overMysqlPool(pool: Pool, hold: Hold): Dialect | undefined {
  if (!('getConnection' in pool)) return undefined;
  return new MysqlDialect({
    pool: {
      getConnection(callback) {
        pool.getConnection((error, connection) => {
          let release = (): void => {};
          try {
            if (!error) release = hold(pooled(connection));
          } catch (reason) {
            error = reason;
          }
          callback(error, viewOf(connection, release));
        });
      },
      end: (callback) => callback(undefined),
    },
  });
}

function pooled(connection: MysqlConnection): PooledConnection {
  return {
    release: () => connection.release(),
    destroy() {
      connection.destroy();
      connection.stream?.destroy();
    },
  };
}

function viewOf(connection: MysqlConnection, release: () => void): MysqlPoolConnection {
  // Without streams, which the sink has no use for.
  const query = (
    text: string,
    parameters: unknown[],
    callback: (error: unknown, result: unknown) => void,
  ): void => void connection.query(text, parameters, callback);
  return { query, release } as MysqlPoolConnection;
}
