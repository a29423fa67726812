import { PGlite, type Transaction } from '@electric-sql/pglite';
import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  deadLetterId,
  type Fields,
  leaseToken,
  type StoredDeadLetter,
  unpack,
  type Write,
} from '@sluice/core/backend';
import { age, deadLetterOf, entryOf } from './entries.js';
import { toBackendError } from './errors.js';
import {
  addPending,
  deleteDead,
  endBatch,
  freeze,
  lastWrite,
  lease,
  lock,
  pendingFields,
  readBatch,
  rememberWrite,
} from './statements.js';
import { type DeadLetterRow, type HeldBatch, TABLES } from './tables.js';

export interface PostgresOptions {
  /** Borrowed: the backend does not close it. */
  readonly db: PGlite;
  /**
   * The clock of leases and delays. Default: this process's, because PGlite runs in this process.
   * A backend on a server would ask the server: `clock_timestamp()`.
   */
  readonly clock?: Pick<Clock, 'now'>;
}

/** Makes a backend on PostgreSQL, in the schema `sluice`. */
export async function postgres({ db, clock = Date }: PostgresOptions): Promise<Backend> {
  await db.exec(TABLES);
  return new PostgresBackend(db, clock, async () => {});
}

/** Opens a database of the backend's own, for `openBuffer`: `pglite:` in memory, or `pglite:/a/folder`. */
export async function fromUrl(url: string): Promise<Backend> {
  const db = await PGlite.create(url.slice('pglite:'.length) || 'memory://');
  await db.exec(TABLES);
  return new PostgresBackend(db, Date, () => db.close());
}

/**
 * Each method is one transaction, and those that change a partition lock its row first. So a change happens
 * whole or not at all, and what a method has read is still true when it writes.
 */
class PostgresBackend implements Backend {
  readonly name = 'postgres';
  readonly #db: PGlite;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(db: PGlite, clock: Pick<Clock, 'now'>, release: () => Promise<void>) {
    this.#db = db;
    this.#clock = clock;
    this.#release = release;
  }

  add(write: Write): Promise<AddResult> {
    const { partition, producer, number, entries } = write;
    return this.#transaction(async (tx): Promise<AddResult> => {
      const now = this.#clock.now();
      // A first write is never a gap. Any other may be one, and a gap leaves no trace.
      if (number === 1) {
        await tx.sql`
          INSERT INTO sluice.partition (id, epoch)
          VALUES (${partition}, ${write.newEpoch})
          ON CONFLICT DO NOTHING`;
      }
      const epoch = (await lock(tx, partition))?.epoch ?? '';
      const { last, refused } = await lastWrite(tx, partition, producer, now);
      if (number <= last) return { status: 'duplicate', epoch, refused: number === last ? refused : [] };
      if (number > last + 1) return { status: 'gap', epoch, last };
      const refusals = await addPending(tx, partition, entries, now);
      await rememberWrite(tx, write, refusals, now);
      return { status: 'applied', epoch, refused: refusals };
    });
  }

  claim(partition: number, { size, leaseMs, batchIdPrefix, claimToken }: ClaimRequest): Promise<ClaimResult> {
    return this.#transaction(async (tx): Promise<ClaimResult> => {
      const now = this.#clock.now();
      const state = await lock(tx, partition);
      if (state === undefined) return { status: 'empty' };
      if (state.batch === null) {
        if ((await freeze(tx, partition, size)) === 0) return { status: 'empty' };
        await lease(tx, partition, {
          batch: batchIdPrefix,
          token: claimToken,
          attempt: 1,
          due_at: now + leaseMs,
        });
      } else if (state.token !== claimToken) {
        if (state.due_at > now) return { status: 'busy', forMs: state.due_at - now };
        await lease(tx, partition, {
          ...state,
          token: claimToken,
          attempt: state.attempt + 1,
          due_at: now + leaseMs,
        });
      }
      const batch = await readBatch(tx, partition);
      return { status: 'leased', leaseToken: leaseToken(batch.id, claimToken), batch };
    });
  }

  renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    return this.#transaction(async (tx) => {
      const dueAt = this.#clock.now() + leaseMs;
      const { affectedRows } = await tx.sql`
        UPDATE sluice.partition SET due_at = ${dueAt}
        WHERE id = ${partition} AND batch || ' ' || token = ${token}`;
      return affectedRows === 1;
    });
  }

  ack(partition: number, token: string): Promise<boolean> {
    return this.#settle(partition, token, (tx) => endBatch(tx, partition));
  }

  nack(partition: number, token: string, delayMs: number): Promise<boolean> {
    return this.#settle(partition, token, (tx, held) =>
      lease(tx, partition, { ...held, token: null, due_at: this.#clock.now() + delayMs }),
    );
  }

  bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    const indexes = burials.map(({ index }) => index);
    const reasons = burials.map(({ reason }) => JSON.stringify(reason));
    return this.#settle(partition, token, async (tx, { batch, attempt }) => {
      const ids = indexes.map((index) => deadLetterId(batch, index));
      await tx.sql`
        INSERT INTO sluice.dead_letter
        SELECT ${partition}, burial.id, key, fields, burial.reason, ${attempt}, ${this.#clock.now()}
        FROM unnest(${ids}::text[], ${indexes}::int[], ${reasons}::text[]) AS burial (id, index, reason)
        JOIN (
          SELECT key, fields, row_number() OVER (ORDER BY place) - 1 AS index
          FROM sluice.entry
          WHERE partition = ${partition} AND claimed
        ) AS claimed USING (index)`;
      await endBatch(tx, partition);
    });
  }

  read(partition: number, key: string): Promise<Fields | undefined> {
    return this.#transaction(async (tx) => {
      const fields = (await pendingFields(tx, partition, [key])).get(key);
      return fields === undefined ? undefined : unpack(fields);
    });
  }

  partitions(): Promise<number[]> {
    return this.#transaction(async (tx) => {
      const { rows } = await tx.sql<{ partition: number }>`
        SELECT DISTINCT partition FROM sluice.entry ORDER BY partition`;
      return rows.map(({ partition }) => partition);
    });
  }

  stats(): Promise<PartitionStats[]> {
    return this.#transaction(async (tx) => {
      const now = this.#clock.now();
      const { rows } = await tx.sql<Omit<PartitionStats, 'oldestPendingMs'> & { head: string | null }>`
        SELECT
          p.id AS partition,
          (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND NOT claimed) AS pending,
          (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND claimed) AS claimed,
          (SELECT count(*) FROM sluice.dead_letter WHERE partition = p.id) AS dead,
          (
            SELECT fields FROM sluice.entry
            WHERE partition = p.id AND NOT claimed
            ORDER BY place
            LIMIT 1
          ) AS head
        FROM sluice.partition AS p
        ORDER BY p.id`;
      return rows.map(({ head, ...counts }) => ({
        ...counts,
        oldestPendingMs: head === null ? 0 : age(head, now),
      }));
    });
  }

  deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    return this.#transaction(async (tx) => {
      const { rows } = await tx.sql<DeadLetterRow>`
        SELECT * FROM sluice.dead_letter
        WHERE partition = ${partition}
        ORDER BY buried_at, id COLLATE "C"
        OFFSET ${offset} LIMIT ${limit}`;
      return rows.map(deadLetterOf);
    });
  }

  redrive(partition: number, wanted: readonly string[]): Promise<string[]> {
    return this.#transaction(async (tx) => {
      await lock(tx, partition);
      const { rows } = await tx.sql<DeadLetterRow>`
        SELECT * FROM sluice.dead_letter
        WHERE partition = ${partition} AND id = ANY (${wanted})
        ORDER BY array_position(${wanted}::text[], id)`;
      const letters = rows.flatMap((row) => {
        const entry = entryOf(row);
        return 'corrupt' in entry ? [] : [{ id: row.id, ...entry }];
      });
      const refused = await addPending(tx, partition, letters, this.#clock.now());
      const stay = new Set(refused.map(({ index }) => index));
      const went = letters.filter((_, index) => !stay.has(index));
      const ids = went.map(({ id }) => id);
      return deleteDead(tx, partition, ids);
    });
  }

  discard(partition: number, ids: readonly string[]): Promise<string[]> {
    return this.#transaction(async (tx) => {
      await lock(tx, partition);
      return deleteDead(tx, partition, ids);
    });
  }

  validate(): Promise<Validation> {
    return this.#transaction(async (tx) => {
      if ((this.#db.dataDir ?? 'memory://').startsWith('memory://')) {
        return { durability: 'none', advice: ['The database is in memory. Give it a folder.'] };
      }
      const { rows } = await tx.sql<{ name: string }>`
        SELECT name FROM pg_settings
        WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off'
        ORDER BY name`;
      const advice = rows.map(({ name }) => `The setting ${name} is off. Turn it on.`);
      return { durability: advice.length > 0 ? 'recent-loss' : 'every-write', advice };
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  /** Ends a lease if the token holds it. A repeat returns what the first call returned. */
  #settle(
    partition: number,
    token: string,
    end: (tx: Transaction, held: HeldBatch) => Promise<void>,
  ): Promise<boolean> {
    return this.#transaction(async (tx) => {
      const state = await lock(tx, partition);
      if (state === undefined || state.batch === null || !holds(state, token))
        return state?.settled_by === token;
      await end(tx, state);
      await tx.sql`UPDATE sluice.partition SET settled_by = ${token} WHERE id = ${partition}`;
      return true;
    });
  }

  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#db.transaction(work);
    } catch (error) {
      throw toBackendError(error);
    }
  }
}

function holds({ batch, token }: HeldBatch, held: string): boolean {
  return token !== null && leaseToken(batch, token) === held;
}
