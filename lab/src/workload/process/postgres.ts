import { type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import { instrumented, type Language, type Query, type Slowness } from './instrumented-query.js';

/** A dialect for Kysely over a pool whose clients are instrumented, and the pool. */
export function openPostgres(
  url: string,
  connections: number,
  slowness: Slowness,
): { readonly dialect: Dialect; readonly pool: pg.Pool } {
  const settings = {
    connectionString: url,
    max: connections,
    application_name: 'lab-worker',
    connectionTimeoutMillis: 3000,
    // The types of `pg` lack this option, so it must not be checked as a literal's.
    Client: instrumentedClient(slowness),
  };
  const pool = new pg.Pool(settings);
  // A lost connection also emits an event, which would end the process if nobody listened.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  return { pool, dialect: new PostgresDialect({ pool }) };
}

const LANGUAGE: Language = {
  tellBatch: (query, batch) => query("SELECT set_config('lab.batch', $1, true)", [batch]),
  pause: (query, ms) => query('SELECT pg_sleep($1)', [ms / 1000]),
  conflictOf: (error) => ((error as { code?: unknown }).code === '40P01' ? 'deadlock' : undefined),
};

function instrumentedClient(slowness: Slowness): typeof pg.Client {
  return class InstrumentedClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const plain = this.query.bind(this) as (...all: unknown[]) => Promise<unknown>;
      const query: Query = instrumented(plain, LANGUAGE, slowness);
      this.query = ((first: unknown, ...others: unknown[]) =>
        typeof first === 'string' && typeof others.at(-1) !== 'function'
          ? query(first, others[0] as unknown[] | undefined)
          : plain(first, ...others)) as typeof this.query;
    }
  };
}
