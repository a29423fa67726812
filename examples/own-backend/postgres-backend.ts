import { randomUUID } from 'node:crypto';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import type { Backend, Clock, PartitionStats, Validation } from '@sluice/core';
import {
  type AddResult,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type Failure,
  type Joined,
  leaseToken,
  type Refusal,
  type StoredDeadLetter,
  type StoredSums,
  type StoredTarget,
  type Write,
} from '@sluice/core/backend';
import {
  batchStats,
  endBatch,
  giveBack,
  holds,
  leaseAgain,
  newBatch,
  readBatch,
  setDue,
  unsettledBatch,
  waitLeft,
} from './batches.js';
import { buryEntries, deleteDead, listDead, redriveDead } from './dead-letters.js';
import { entryAge } from './entries.js';
import { toBackendError } from './errors.js';
import { addPending, readTargets } from './pending.js';
import { lastWrite, lock, rememberWrite } from './producers.js';
import { type BatchRow, type PartitionRow, TABLES } from './tables.js';

/** Settlements of a partition whose repeats get `true` again. */
const SETTLEMENTS = 10;

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

  join(partition: number, partitions: number): Promise<Joined> {
    return this.#transaction(async (tx) => {
      await tx.sql`
        INSERT INTO sluice.partition (id, epoch) VALUES (${partition}, ${randomUUID()})
        ON CONFLICT DO NOTHING`;
      await tx.sql`
        INSERT INTO sluice.partition_count VALUES (${partitions})
        ON CONFLICT DO NOTHING`;
      const { epoch, applied } = (await lock(tx, partition)) as PartitionRow;
      return { producer: randomUUID(), epoch, position: applied };
    });
  }

  add(write: Write): Promise<AddResult> {
    const { partition, number, nonce, entries } = write;
    return this.#transaction(async (tx): Promise<AddResult> => {
      const state = await lock(tx, partition);
      if (state?.epoch !== write.epoch) {
        return { status: 'unknown', epoch: state?.epoch ?? '', floor: state?.floor ?? 0 };
      }
      const last = await lastWrite(tx, write);
      if (last === undefined && write.position < state.floor)
        return { status: 'unknown', epoch: state.epoch, floor: state.floor };
      if (last !== undefined && number <= last.number) {
        if (number !== last.number || nonce !== last.nonce) return { status: 'conflict' };
        const refused = JSON.parse(last.refused) as Refusal[];
        return { status: 'duplicate', position: last.position, refused };
      }
      if (write.follows !== (last?.number ?? 0)) {
        return { status: 'gap', last: last?.number ?? 0, position: state.applied };
      }
      const refused = await addPending(tx, partition, entries, this.#clock.now());
      const position = state.applied + 1;
      await rememberWrite(tx, write, position, refused);
      return { status: 'applied', position, refused };
    });
  }

  claim(partition: number, request: ClaimRequest): Promise<ClaimResult> {
    return this.#transaction((tx) => this.#claim(tx, partition, request));
  }

  renew(partition: number, token: string, leaseMs: number): Promise<boolean> {
    return this.#transaction(async (tx) => {
      const dueAt = this.#clock.now() + leaseMs;
      const { affectedRows } = await tx.sql`
        UPDATE sluice.batch SET due_at = ${dueAt}, wait_ms = ${leaseMs}
        WHERE partition = ${partition} AND id || ' ' || token = ${token}`;
      return affectedRows === 1;
    });
  }

  ack(partition: number, token: string): Promise<boolean> {
    return this.#transaction((tx) => this.#ack(tx, partition, token));
  }

  ackAndClaim(partition: number, token: string, next: ClaimRequest): Promise<ClaimResult | false> {
    return this.#transaction(
      async (tx) => (await this.#ack(tx, partition, token)) && this.#claim(tx, partition, next),
    );
  }

  nack(partition: number, token: string, failure: Failure): Promise<boolean> {
    return this.#transaction((tx) =>
      this.#settle(tx, partition, token, () => giveBack(tx, partition, failure, this.#clock.now())),
    );
  }

  bury(partition: number, token: string, burials: readonly Burial[]): Promise<boolean> {
    return this.#transaction((tx) =>
      this.#settle(tx, partition, token, async (batch) => {
        await buryEntries(tx, batch, burials, this.#clock.now());
        await endBatch(tx, partition);
      }),
    );
  }

  read(targets: readonly StoredTarget[]): Promise<StoredSums[]> {
    return this.#transaction((tx) => readTargets(tx, targets));
  }

  partitionCounts(): Promise<number[]> {
    return this.#transaction(async (tx) => {
      const { rows } = await tx.sql<{ count: number }>`
        SELECT count FROM sluice.partition_count ORDER BY count`;
      return rows.map(({ count }) => count);
    });
  }

  /** The table is the list, so that no partition is ever left out of it. */
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
      const { rows: batches } = await tx.sql<BatchRow>`SELECT * FROM sluice.batch`;
      const batchOf = new Map(batches.map((batch) => [batch.partition, batchStats(batch, now)]));
      const { rows } = await tx.sql<Omit<PartitionStats, 'oldestPendingMs' | 'batch'> & { heads: string[] }>`
        SELECT
          p.id AS partition,
          p.added,
          p.taken,
          (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND NOT claimed) AS pending,
          (SELECT count(*) FROM sluice.entry WHERE partition = p.id AND claimed) AS claimed,
          (SELECT count(*) FROM sluice.dead_letter WHERE partition = p.id) AS dead,
          ARRAY(
            SELECT DISTINCT ON (claimed) fields FROM sluice.entry
            WHERE partition = p.id
            ORDER BY claimed, place
          ) AS heads
        FROM sluice.partition AS p
        ORDER BY p.id`;
      return rows.map(({ heads, ...counts }) => {
        const batch = batchOf.get(counts.partition);
        const oldestPendingMs = Math.max(0, ...heads.map((fields) => entryAge(fields, now)));
        return { ...counts, oldestPendingMs, ...(batch && { batch }) };
      });
    });
  }

  deadLetters(partition: number, offset: number, limit: number): Promise<StoredDeadLetter[]> {
    return this.#transaction((tx) => listDead(tx, partition, offset, limit));
  }

  redrive(partition: number, ids: readonly string[]): Promise<string[]> {
    return this.#transaction(async (tx) => {
      await lock(tx, partition);
      return redriveDead(tx, partition, ids, this.#clock.now());
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

  async #claim(tx: Transaction, partition: number, request: ClaimRequest): Promise<ClaimResult> {
    const { claimToken, early } = request;
    const now = this.#clock.now();
    await lock(tx, partition);
    let batch = (await unsettledBatch(tx, partition)) ?? (await newBatch(tx, partition, request, now));
    if (batch === undefined) return { status: 'empty' };
    if (batch.token !== claimToken) {
      const forMs = waitLeft(batch, now);
      if (forMs > 0 && !(early && batch.token === null)) {
        await setDue(tx, partition, now + forMs);
        return { status: 'busy', forMs };
      }
      batch = await leaseAgain(tx, partition, request, now);
    }
    return {
      status: 'leased',
      leaseToken: leaseToken(batch.id, claimToken),
      batch: await readBatch(tx, batch, now),
    };
  }

  #ack(tx: Transaction, partition: number, token: string): Promise<boolean> {
    return this.#settle(tx, partition, token, () => endBatch(tx, partition));
  }

  /** Ends a lease if the token holds it. The tokens of the latest settlements get `true` again. */
  async #settle(
    tx: Transaction,
    partition: number,
    token: string,
    end: (batch: BatchRow) => Promise<void>,
  ): Promise<boolean> {
    const state = await lock(tx, partition);
    if (state === undefined) return false;
    const batch = await unsettledBatch(tx, partition);
    if (batch === undefined || !holds(batch, token)) return state.settled.includes(token);
    await end(batch);
    const settled = [...state.settled, token].slice(-SETTLEMENTS);
    await tx.sql`UPDATE sluice.partition SET settled = ${settled} WHERE id = ${partition}`;
    return true;
  }

  async #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#db.transaction(work);
    } catch (error) {
      throw toBackendError(error);
    }
  }
}
