import type { Batch, Logger } from '@sluice/core';
import { type Kysely, sql } from 'kysely';
import type { SqlDialect } from '../dialects/dialect.js';

const STEP = 1000;
const PAUSE_MS = 60_000;

export interface CleanerOptions {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly ledger: readonly string[];
  readonly ledgerRetentionMs: number;
}

/**
 * Removes old rows of a partition from the ledger, after a batch of that partition: up to 1000 of them at the first
 * batch, then once a minute, or at every batch while there is a backlog. The batch's own row, the
 * newest, stays however old it is: if all workers are down for longer than rows are kept, the ledger still knows the
 * one batch of the partition that can be delivered again.
 */
export class Cleaner {
  readonly #options: CleanerOptions;
  readonly #dueAt = new Map<number, number>();

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Takes a step if one is due. Never throws: batches are applied whether or not the ledger can be cleaned. */
  async step({ id, partition }: Batch, logger: Logger): Promise<void> {
    const now = performance.now();
    if (now < (this.#dueAt.get(partition) ?? 0)) return;
    this.#dueAt.set(partition, now + PAUSE_MS);
    try {
      if ((await this.#remove(id, partition)) === STEP) this.#dueAt.delete(partition);
    } catch (error) {
      logger.warn(`Old rows of the ledger could not be removed: ${error}`);
    }
  }

  async #remove(id: string, partition: number): Promise<number> {
    const { db, dialect, ledger, ledgerRetentionMs } = this.#options;
    const table = sql.id(...ledger);
    const { rows } = await sql<{ id: string }>`
      select id
      from ${table}
      where partition_id = ${partition}
        and applied_at < ${dialect.ago(ledgerRetentionMs)}
        and id <> ${id}
      order by applied_at
      limit ${sql.lit(STEP)}
    `.execute(db);
    if (rows.length === 0) return 0;
    const ids = sql.join(rows.map((row) => sql`${row.id}`));
    await sql`delete from ${table} where id in (${ids})`.execute(db);
    return rows.length;
  }
}
