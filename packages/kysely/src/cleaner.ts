import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Dialect } from './dialect.js';

const STEP = 1000;
const PAUSE_MS = 60_000;

export interface CleanerOptions {
  readonly db: Kysely<unknown>;
  readonly dialect: Dialect;
  readonly ledger: readonly string[];
  readonly ledgerRetentionMs: number;
}

/**
 * Removes old rows from the ledger in small steps: one at the first call, then one a minute, or one at every call
 * while there is a backlog. The newest row of a partition stays, however old: only that batch can come again by itself,
 * when all workers were down for longer than rows are kept.
 */
export class Cleaner {
  readonly #options: CleanerOptions;
  #dueAt = 0;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Takes a step if one is due. Never throws: batches are applied whether or not the ledger can be cleaned. */
  async step(): Promise<void> {
    const now = performance.now();
    if (now < this.#dueAt) return;
    this.#dueAt = now + PAUSE_MS;
    try {
      if ((await this.#remove()) === STEP) this.#dueAt = 0;
    } catch (error) {
      process.emitWarning(`Old rows of the ledger could not be removed: ${error}`, { type: 'SluiceWarning' });
    }
  }

  async #remove(): Promise<number> {
    const { db, dialect, ledger, ledgerRetentionMs } = this.#options;
    const table = sql.id(...ledger);
    const { rows } = await sql<{
      id: string;
    }>`select l.id as id from ${table} l where l.applied_at < ${ago(dialect, ledgerRetentionMs)} and exists (select 1 from ${table} n where n.partition_id = l.partition_id and n.applied_at > l.applied_at) order by l.applied_at limit ${sql.lit(STEP)}`.execute(
      db,
    );
    if (rows.length === 0) return 0;
    const ids = sql.join(rows.map(({ id }) => sql`${id}`));
    await sql`delete from ${table} where id in (${ids})`.execute(db);
    return rows.length;
  }
}

function ago(dialect: Dialect, ms: number): RawBuilder<unknown> {
  switch (dialect) {
    case 'postgres':
      return sql`now() - make_interval(secs => ${ms / 1000}::float8)`;
    case 'sqlite':
      return sql`strftime('%Y-%m-%d %H:%M:%f', 'now', ${`-${(ms / 1000).toFixed(3)} seconds`})`;
    case 'mysql':
      return sql`utc_timestamp(3) - interval ${ms * 1000} microsecond`;
  }
}
