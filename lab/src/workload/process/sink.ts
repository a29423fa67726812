import type { Sink } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { Kysely } from 'kysely';
import type { WorkerSettings } from '../settings.js';
import { report } from './driver.js';
import type { Slowness } from './instrumented-query.js';
import { openMariadb } from './mariadb.js';
import { openPostgres } from './postgres.js';

/** The sink under test, and its connections. */
export interface OpenSink {
  readonly sink: Sink;
  close(): Promise<void>;
}

// A batch's age is by the clock of Redis, which the laboratory moves by up to two days.
const UNKNOWN_AFTER_MS = 30 * 86_400_000;

// The sink ends a silent connection after twice as long. Longer than any statement here takes.
const TIMEOUT_MS = 1500;

const OLD = {
  table: 'counter',
  keys: ['name', 'owner'],
  columns: ['views', 'balance'],
  extra: ['seen', 'note'],
} as const;
const NEW = { ...OLD, extra: [...OLD.extra, 'remark'] } as const;

const MODELS = { old: { Counter: OLD }, new: { Counter: NEW, NewCounter: NEW } } as const;

/** The URL's protocol says which database it is. */
export function openSink(
  { databaseUrl, release, partitions, isolateAfter }: WorkerSettings,
  slowness: Slowness,
): OpenSink {
  const open = databaseUrl.startsWith('mysql:') ? openMariadb : openPostgres;
  const { dialect, pool } = open(databaseUrl, partitions, slowness);
  const db = new Kysely<unknown>({ dialect });
  const sink = kyselySink({
    db,
    pool,
    models: MODELS[release],
    timeoutMs: TIMEOUT_MS,
    isolateAfter,
    unknownAfterMs: UNKNOWN_AFTER_MS,
  });
  return { sink: Object.assign(reportingUnknown(sink), { giveUp: sink.giveUp }), close: () => db.destroy() };
}

/** The driver must learn that a worker has met what its release does not know. */
function reportingUnknown(sink: Sink): Sink {
  return async (batch, context) => {
    try {
      return await sink(batch, context);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_SLUICE_SINK_UNKNOWN')
        report({ report: 'unknown name' });
      throw error;
    }
  };
}
