import { PGlite, type Transaction } from '@electric-sql/pglite';
import {
  type AddResult,
  type Backend,
  BackendError,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type Clock,
  type Fields,
  type PartitionStats,
  SluiceError,
  type StoredDeadLetter,
  type Validation,
  type Write,
} from '@sluice/core';
import { age, deadLetterOf, parseFields } from './entries.js';
import {
  addPending,
  countAll,
  deleteDeadLetters,
  endBatch,
  freeze,
  insertDeadLetters,
  insertPartition,
  lastWrite,
  lease,
  lock,
  pendingFields,
  readBatch,
  rememberWrite,
  settingsThatAreOff,
} from './statements.js';
import { type DeadLetterRow, type HeldBatch, TABLES } from './tables.js';

export interface PostgresOptions {
  /** Borrowed: the backend does not close it. */
  readonly db: PGlite;
  /**
   * What leases and delays are judged by. Default: this process's time, because PGlite lives in this process. A
   * backend on a server would ask the server: `clock_timestamp()`.
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
 * Each method is one transaction, and those that change a partition lock its row first. So a change happens whole or
 * not at all, and what a method has read is still true when it writes.
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

  add({ partition, producer, number, entries, epoch: newEpoch }: Write): Promise<AddResult> {
    return this.#transaction(async (tx): Promise<AddResult> => {
      const now = this.#clock.now();
      // A first write is never a gap. Any other may be one, and a gap leaves no trace.
      if (number === 1) await insertPartition(tx, partition, newEpoch);
      const epoch = (await lock(tx, partition))?.epoch ?? '';
      const { last, refused } = await lastWrite(tx, partition, producer, now);
      if (number <= last) return { outcome: 'duplicate', epoch, refused: number === last ? refused : [] };
      if (number > last + 1) return { outcome: 'gap', epoch, last };
      const refusals = await addPending(tx, partition, entries, now);
      await rememberWrite(tx, partition, producer, number, refusals, now);
      return { outcome: 'applied', epoch, refused: refusals };
    });
  }

  claim(partition: number, { size, leaseMs, id, token }: ClaimRequest): Promise<ClaimResult> {
    return this.#transaction(async (tx): Promise<ClaimResult> => {
      const now = this.#clock.now();
      const state = await lock(tx, partition);
      if (state === undefined) return { status: 'empty' };
      if (state.batch === null) {
        if (!(await freeze(tx, partition, size))) return { status: 'empty' };
        await lease(tx, partition, id, token, 1, now + leaseMs);
      } else if (state.token !== token) {
        if (state.due_at > now) return { status: 'busy', forMs: state.due_at - now };
        await lease(tx, partition, state.batch, token, state.attempt + 1, now + leaseMs);
      }
      return { status: 'leased', batch: await readBatch(tx, partition) };
    });
  }

  renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    return this.#transaction(async (tx) => {
      const renewed = await tx.query('UPDATE sluice.partition SET due_at = $3 WHERE id = $1 AND token = $2', [
        partition,
        token,
        this.#clock.now() + leaseMs,
      ]);
      return renewed.affectedRows === 1;
    });
  }

  ack(partition: number, token: string): Promise<boolean> {
    return this.#settle(partition, token, (tx) => endBatch(tx, partition));
  }

  retry(partition: number, token: string, delayMs: number): Promise<boolean> {
    return this.#settle(partition, token, async (tx) => {
      const dueAt = this.#clock.now() + delayMs;
      await tx.query('UPDATE sluice.partition SET token = NULL, due_at = $2 WHERE id = $1', [
        partition,
        dueAt,
      ]);
    });
  }

  bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    return this.#settle(partition, token, async (tx, { batch, attempt }) => {
      await insertDeadLetters(tx, partition, batch, attempt, burials, this.#clock.now());
      await endBatch(tx, partition);
    });
  }

  read(partition: number, key: string): Promise<Fields | undefined> {
    return this.#transaction(async (tx) => {
      const fields = (await pendingFields(tx, partition, [key])).get(key);
      return fields === undefined ? undefined : parseFields(fields);
    });
  }

  partitions(): Promise<number[]> {
    return this.#transaction(async (tx) => {
      const busy = 'SELECT DISTINCT partition FROM sluice.entry ORDER BY partition';
      const { rows } = await tx.query<{ partition: number }>(busy);
      return rows.map(({ partition }) => partition);
    });
  }

  stats(): Promise<PartitionStats[]> {
    return this.#transaction(async (tx) => {
      const now = this.#clock.now();
      const counts = await countAll(tx);
      return counts.map(({ head, ...count }) => ({
        ...count,
        oldestPendingMs: head === null ? 0 : age(head, now),
      }));
    });
  }

  deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    return this.#transaction(async (tx) => {
      const { rows } = await tx.query<DeadLetterRow>(
        `SELECT * FROM sluice.dead_letter WHERE partition = $1
         ORDER BY buried_at, id COLLATE "C" OFFSET $2 LIMIT $3`,
        [partition, offset, limit],
      );
      return rows.map(deadLetterOf);
    });
  }

  redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    return this.#transaction(async (tx) => {
      await lock(tx, partition);
      const { rows } = await tx.query<DeadLetterRow>(
        `SELECT * FROM sluice.dead_letter WHERE partition = $1 AND id = ANY ($2)
         ORDER BY array_position($2::text[], id)`,
        [partition, ids],
      );
      const letters = rows
        .map(deadLetterOf)
        .flatMap(({ id, entry }) => ('corrupt' in entry ? [] : [{ id, entry }]));
      const refused = await addPending(
        tx,
        partition,
        letters.map(({ entry }) => entry),
        this.#clock.now(),
      );
      const gone = letters.filter((_, i) => !refused.some(({ index }) => index === i)).map(({ id }) => id);
      return deleteDeadLetters(tx, partition, gone);
    });
  }

  discard(partition: number, ids: readonly string[]): Promise<string[]> {
    return this.#transaction(async (tx) => {
      await lock(tx, partition);
      return deleteDeadLetters(tx, partition, ids);
    });
  }

  validate(): Promise<Validation> {
    return this.#transaction(async (tx) => {
      if ((this.#db.dataDir ?? 'memory://').startsWith('memory://')) {
        return { durability: 'none', advice: ['The database is in memory: give it a folder.'] };
      }
      const off = await settingsThatAreOff(tx);
      if (off.length === 0) return { durability: 'every-write', advice: [] };
      return { durability: 'recent-loss', advice: off.map((name) => `${name} is off: turn it on.`) };
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  /** Ends a lease, if the token holds it; or answers what it answered before. */
  #settle(
    partition: number,
    token: string,
    end: (tx: Transaction, held: HeldBatch) => Promise<void>,
  ): Promise<boolean> {
    return this.#transaction(async (tx) => {
      const state = await lock(tx, partition);
      if (state === undefined || state.batch === null || state.token !== token)
        return state?.settled_by === token;
      await end(tx, state);
      await tx.query('UPDATE sluice.partition SET settled_by = $2 WHERE id = $1', [partition, token]);
      return true;
    });
  }

  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#db.transaction(work);
    } catch (error) {
      throw error instanceof SluiceError ? error : backendError(error);
    }
  }
}

// The classes of SQLSTATE codes that pass: lost connections, deadlocks, a full or a stopping server.
const PASSING = /^(08|40|53|57)/;

function backendError(cause: unknown): BackendError {
  const state = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return new BackendError(
    'ERR_SLUICE_BACKEND_FAILED',
    `PostgreSQL: ${cause instanceof Error ? cause.message : cause}`,
    {
      retryable: state !== undefined && PASSING.test(state),
      // An error that the server reports has rolled the transaction back; of any other one nothing is known.
      outcome: state === undefined ? 'unknown' : 'refused',
      cause,
    },
  );
}
