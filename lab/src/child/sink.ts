import type { Sink } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { hookedClient, type Slowness } from './hooked-client.js';

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
    // Types of `pg` do not know this option.
    Client: hookedClient(slowness),
  };
  const pool = new pg.Pool(settings);
  // A connection that is lost tells so by an event, too. Without a listener it would end the process.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const sink = kyselySink({
    db,
    models: {
      Counter: { table: 'counter', keys: ['name', 'owner'], columns: ['views', 'balance'], extra: ['seen'] },
    },
    timeoutMs: 10_000,
  });
  return { sink, close: () => db.destroy() };
}
