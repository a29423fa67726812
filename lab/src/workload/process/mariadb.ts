import { randomUUID } from 'node:crypto';
import { type Dialect, MysqlDialect } from 'kysely';
import { createPool, type Pool, type PoolConnection } from 'mysql2';
import { instrumented, type Language, type Slowness } from './instrumented-query.js';

/** A dialect for Kysely over a pool whose connections are instrumented, and the pool. */
export function openMariadb(
  url: string,
  connections: number,
  slowness: Slowness,
): { readonly dialect: Dialect; readonly pool: Pool } {
  const pool = createPool({ uri: url, connectionLimit: connections, connectTimeout: 3000 });
  pool.on('connection', (connection) => instrument(connection, slowness));
  return { pool, dialect: new MysqlDialect({ pool }) };
}

const LANGUAGE: Language = {
  // A transaction has no id before it writes, so it gets one here.
  tellBatch: (query, batch) => query('set @lab_batch = ?, @lab_transaction = ?', [batch, randomUUID()]),
  pause: (query, ms) => query('select sleep(?)', [ms / 1000]),
  conflictOf(error) {
    const { errno } = error as { errno?: unknown };
    if (errno === 1213) return 'deadlock';
    return errno === 1205 ? 'lock timeout' : undefined;
  },
};

type Callback = (error: unknown, result?: unknown) => void;

function instrument(connection: PoolConnection, slowness: Slowness): void {
  const plain = connection.query.bind(connection) as unknown as (
    text: string,
    values: readonly unknown[],
    done: Callback,
  ) => unknown;
  const query = instrumented(
    (text, values = []) =>
      new Promise((resolve, reject) => {
        plain(text, values, (error, result) => (error ? reject(error) : resolve(result)));
      }),
    LANGUAGE,
    slowness,
  );
  connection.query = ((text: string, values: readonly unknown[], done: Callback) => {
    query(text, values).then(
      (result) => done(null, result),
      (error: unknown) => done(error),
    );
  }) as unknown as typeof connection.query;
}
