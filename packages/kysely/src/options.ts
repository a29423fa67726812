import type { AnySchema, Batch, Entry, Schema } from '@sluice/core';
import type { Kysely } from 'kysely';
import { dialectOf } from './dialects/choose.js';
import type { Dialect, SqlDialect } from './dialects/dialect.js';
import type { Pool } from './dialects/pool.js';
import { invalid, isRecord, partsOf, refuseUnknown } from './invalid-option.js';
import type { ModelMappings, Tables } from './plan/mapping.js';
import type { Model } from './plan/model.js';
import { modelOf } from './plan/model-of.js';

/** Entries that found no row to update: see {@link KyselySinkOptions.onMissing}. */
export interface MissingRows<S extends Schema<S> = AnySchema> {
  readonly batch: Batch<S>;
  /** They were applied to nothing. */
  readonly entries: readonly Entry<S>[];
}

/** What {@link kyselySink} takes. Only `db` and `models` are required. */
export interface KyselySinkOptions<
  DB = unknown,
  S extends Schema<S> = AnySchema,
  T extends Tables<DB, S> = Tables<DB, S>,
> {
  /** The database. Its plugins are not used: names are those of the database. */
  readonly db: Kysely<DB>;
  /**
   * The pool of `db`, one of `pg` or of `mysql2` (with callbacks). With it, a connection that went silent, or on which a
   * batch was aborted, is destroyed; without it, it stays with the pool until TCP gives it up. A connection that is lost
   * while a batch uses it fails the batch; without this, one of `pg` ends the process, too, if nobody listens to its event
   * `error`. Batches take their connections from the pool itself, so that what the dialect of `db` does to a new connection,
   * and its log, are not for them. The sink never ends the pool.
   */
  readonly pool?: Pool;
  /** The tables, by model. A table's name never comes from an increment: see `unknownAfterMs` for entries of other models. */
  readonly models: ModelMappings<DB, S, T>;
  /** The language of the database. By default that of the dialect of `db`. */
  readonly dialect?: Dialect;
  /**
   * The table that holds the ids of the batches that were applied; `'schema.table'`, or an array, names its schema too.
   * @default 'sluice_ledger'
   */
  readonly ledger?: string | readonly string[];
  /**
   * How long the id of a batch is kept at least, in milliseconds; by default 7 days. The newest of a partition stays.
   * @default 604_800_000
   */
  readonly ledgerRetentionMs?: number;
  /**
   * How long a statement may run, waiting for locks included, in milliseconds; 0 is no limit. By default the buffer's
   * `leaseMs`. The server is told so: PostgreSQL ends such a statement, MySQL the waiting for a row's lock, and both a
   * transaction that is idle for as long. If no reply, or no connection, comes in this time and a grace (as long again, but
   * 5 seconds at most), the sink gives it up by its own clock: the batch comes again.
   */
  readonly timeoutMs?: number;
  /**
   * From which delivery on a batch that fails is taken apart to find the entries at fault, 1 being the first.
   * @default 2
   */
  readonly isolateAfter?: number;
  /**
   * How old a batch becomes, in milliseconds, before entries with an unknown name become dead letters: a model, filter, column,
   * extra or rule that this release does not map, or a table or column that the database does not have. Until then the whole
   * batch waits for a newer worker, or for a migration. By default an hour; 0 is at once.
   * @default 3_600_000
   */
  readonly unknownAfterMs?: number;
  /**
   * What becomes of entries without a row in `update` mode. `report`: `onMissing` gets them; `reject`: they become dead
   * letters.
   * @default 'report'
   */
  readonly missing?: 'report' | 'reject';
  /**
   * Called after the commit with entries that found no row; what it throws is only logged. By default a line of the
   * buffer's log says how many there were.
   */
  readonly onMissing?: (missing: MissingRows<S>) => void;
}

/** Options that were checked, with names in the form that lookups need. */
export interface Settings {
  readonly db: Kysely<unknown>;
  readonly pool: Pool | undefined;
  readonly dialect: SqlDialect;
  readonly models: ReadonlyMap<string, Model>;
  readonly ledger: readonly string[];
  readonly ledgerRetentionMs: number;
  /** `undefined`: as long as the lease. */
  readonly timeoutMs: number | undefined;
  readonly isolateAfter: number;
  readonly unknownAfterMs: number;
  readonly missing: 'report' | 'reject';
  readonly onMissing: ((missing: MissingRows) => void) | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const OPTIONS = [
  'db',
  'pool',
  'models',
  'dialect',
  'ledger',
  'ledgerRetentionMs',
  'timeoutMs',
  'isolateAfter',
  'unknownAfterMs',
  'missing',
  'onMissing',
];

/**
 * Checks options and fills in the defaults.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function resolve(options: KyselySinkOptions): Settings {
  const { db, models, ledger, ledgerRetentionMs = 7 * DAY_MS, timeoutMs, isolateAfter = 2 } = options;
  const { missing = 'report', onMissing, pool, unknownAfterMs = HOUR_MS } = options;
  refuseUnknown('', options, OPTIONS);
  const dialect = dialectOf(db, options.dialect);
  if (pool !== undefined && !isPoolOf(dialect, pool)) throw invalid('pool', POOL);
  if (!isRecord(models)) throw invalid('models', 'an object with a mapping for each model');
  checkWhole('ledgerRetentionMs', ledgerRetentionMs, 1);
  if (timeoutMs !== undefined) checkWhole('timeoutMs', timeoutMs, 0);
  checkWhole('isolateAfter', isolateAfter, 1);
  checkWhole('unknownAfterMs', unknownAfterMs, 0);
  if (missing !== 'report' && missing !== 'reject') throw invalid('missing', "'report' or 'reject'");
  if (onMissing !== undefined && typeof onMissing !== 'function') throw invalid('onMissing', 'a function');
  return {
    db: plain(db),
    pool,
    dialect,
    models: new Map(Object.entries(models).map(([name, mapping]) => [name, modelOf(name, mapping, dialect)])),
    ledger: ledgerParts(ledger),
    ledgerRetentionMs,
    timeoutMs,
    isolateAfter,
    unknownAfterMs,
    missing,
    onMissing,
  };
}

/** The ledger's name in parts, as identifiers are quoted. */
export function ledgerParts(ledger: string | readonly string[] = 'sluice_ledger'): readonly string[] {
  return partsOf('ledger', ledger);
}

/** A database whose plugins do not touch names and values. */
export function plain<DB>(db: Kysely<DB>): Kysely<unknown> {
  return db.withoutPlugins() as unknown as Kysely<unknown>;
}

const POOL = "the pool of `db`: of pg, or of mysql2 (not of 'mysql2/promise')";

function isPoolOf({ overPool }: SqlDialect, pool: Pool): boolean {
  return isRecord(pool) && overPool(pool, ({ release }) => release) !== undefined;
}

function checkWhole(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw invalid(option, `an integer of at least ${least}`);
}
