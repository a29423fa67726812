import type { Batch, SinkContext } from '@sluice/core';
import { type Kysely, sql } from 'kysely';
import { watched } from '../apply/watch.js';
import type { Settings } from '../options.js';

const STEP = 1000;
const PAUSE_MS = 60_000;

/**
 * Removes old rows of a partition from the ledger, after a batch of that partition: up to 1000 of them at the first
 * batch, then once a minute, or at every batch while there is a backlog. The batch's own row, the
 * newest, stays however old it is: if all workers are down for longer than rows are kept, the ledger still knows the
 * one batch of the partition that can be delivered again.
 */
export class Cleaner {
  readonly #settings: Settings;
  readonly #dueAt = new Map<number, number>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Takes a step if one is due. Never throws: batches are applied whether or not the ledger can be cleaned. */
  async step({ id, partition }: Batch, context: SinkContext): Promise<void> {
    const now = performance.now();
    if (now < (this.#dueAt.get(partition) ?? 0)) return;
    this.#dueAt.set(partition, now + PAUSE_MS);
    try {
      const removed = await watched(this.#settings, context, ({ db }) => this.#remove(db, id, partition));
      if (removed === STEP) this.#dueAt.delete(partition);
    } catch (error) {
      context.logger.warn(`Old rows of the ledger could not be removed: ${error}`);
    }
  }

  async #remove(db: Kysely<unknown>, id: string, partition: number): Promise<number> {
    const { dialect, ledger, ledgerRetentionMs } = this.#settings;
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
