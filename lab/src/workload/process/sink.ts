import type { Sink } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { instrumentedClient, type Slowness } from './instrumented-client.js';

// A connection may go silent without an end. Longer than any transaction here takes.
const QUERY_TIMEOUT_MS = 3000;

/** The sink under test, and its connections. */
export interface OpenSink {
  readonly sink: Sink;
  close(): Promise<void>;
}

export function openSink(url: string, connections: number, slowness: Slowness): OpenSink {
  const settings = {
    connectionString: url,
    max: connections,
    application_name: 'lab-worker',
    connectionTimeoutMillis: 3000,
    query_timeout: QUERY_TIMEOUT_MS,
    // The types of `pg` lack this option, so it must not be checked as a literal's.
    Client: instrumentedClient(slowness),
  };
  const pool = new pg.Pool(settings);
  // A lost connection also emits an event, which would end the process if nobody listened.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const sink = kyselySink({
    db,
    models: {
      Counter: {
        table: 'counter',
        keys: ['name', 'owner'],
        columns: ['views', 'balance'],
        extra: ['seen', 'note'],
      },
    },
    timeoutMs: 10_000,
  });
  return { sink, close: () => db.destroy() };
}
