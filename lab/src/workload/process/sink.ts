import type { Sink } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { Kysely } from 'kysely';
import type { Slowness } from './instrumented-query.js';
import { openMariadb } from './mariadb.js';
import { openPostgres } from './postgres.js';

/** The sink under test, and its connections. */
export interface OpenSink {
  readonly sink: Sink;
  close(): Promise<void>;
}

// The sink ends a silent connection after twice as long. Longer than any statement here takes.
const TIMEOUT_MS = 1500;

/** @param url its protocol says which database it is */
export function openSink(url: string, connections: number, slowness: Slowness): OpenSink {
  const open = url.startsWith('mysql:') ? openMariadb : openPostgres;
  const { dialect, pool } = open(url, connections, slowness);
  const db = new Kysely<unknown>({ dialect });
  const sink = kyselySink({
    db,
    pool,
    models: {
      Counter: {
        table: 'counter',
        keys: ['name', 'owner'],
        columns: ['views', 'balance'],
        extra: ['seen', 'note'],
      },
    },
    timeoutMs: TIMEOUT_MS,
  });
  return { sink, close: () => db.destroy() };
}
