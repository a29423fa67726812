import {
  type Batch,
  type Entry,
  type Random,
  type Rejection,
  type Sink,
  SinkUnavailableError,
} from '@sluice/core';
import { integer, pick } from '../src/random.js';
import { type History, Tally } from './history.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { Time } from './time.js';
import type { Trace } from './trace.js';

/** A row of the database. */
export interface Row {
  /** The sum of all amounts. */
  sum: number;
  /** The values of the extra value `newest`, one after the other, and when each came: see `History.next`. */
  readonly newest: { readonly value: number; readonly at: number }[];
  greatest: number;
}

/**
 * What goes wrong with a delivery:
 * - `verdict`: the database refuses the batch;
 * - `away`: it cannot be reached;
 * - `slow`: it takes about as long as a lease;
 * - `hangs`: it does not answer for a minute, or until the lease is lost;
 * - `crash`: the worker dies after the commit;
 * - `reply lost`: the batch is committed, and the worker does not hear of it;
 * - `late commit`: the worker gives up, and then the batch is committed.
 */
const FATES = ['verdict', 'away', 'slow', 'hangs', 'crash', 'reply lost', 'late commit'] as const;
type Fate = 'fine' | (typeof FATES)[number];

const HANGS_MS = 60_000;
const LEASE_SHARES = [0.3, 0.9, 1.1, 2.5];

/** A database with a ledger: it applies each batch once, in one transaction with the record of it. */
export class Database {
  /** How many deliveries of a hundred meet a fault. */
  faults = 0;
  isAway = false;
  /** No batch is applied meanwhile. */
  isPaused = false;
  /** How many entries of a hundred are rejected. */
  rejects = 0;
  readonly rows = new Map<string, Row>();
  /** How often each increment is in the rows. */
  readonly applied = new Tally();
  /** When each increment came into a row first: see `History.next`. */
  readonly appliedAt = new Map<string, number>();
  /** What became of each batch, by its id. */
  readonly ledger = new Map<string, readonly Rejection[]>();
  /** Batches whose workers were stopped for good. */
  readonly stopped = new Set<string>();
  readonly #time: Time;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #history: History;

  constructor(time: Time, random: Random, trace: Trace, history: History) {
    this.#history = history;
    this.#time = time;
    this.#random = random;
    this.#trace = trace;
  }

  /** The sink of a worker. */
  sinkOf(process: SimulatedProcess): Sink {
    const apply: Sink = async (batch, { signal, leaseMs }) => {
      const fate = this.#fate();
      if (fate !== 'fine') this.#trace.add(process.name, `${batch.id}: ${fate}`, batch.partition);
      await process.pause(1 + integer(this.#random, 10));
      if (fate === 'away') throw away();
      if (fate === 'verdict') throw new Error('a constraint is violated');
      if (fate === 'slow') await process.pause(leaseMs * pick(this.#random, LEASE_SHARES));
      if (fate === 'hangs' || fate === 'late commit') {
        if (fate === 'late commit')
          this.#time.after(3 * leaseMs, () => !this.#refuses(batch) && this.#commit(process, batch));
        await Promise.race([aborted(signal), process.pause(HANGS_MS)]);
        throw away();
      }
      signal.throwIfAborted();
      if (this.#refuses(batch)) throw away();
      const rejected = this.#commit(process, batch);
      if (fate === 'crash') process.kill();
      if (fate === 'reply lost' || fate === 'crash') throw away();
      return { rejected };
    };
    return Object.assign(apply, {
      giveUp: async (batch: Batch, { reason }: { readonly reason: string }) => {
        await process.pause(1 + integer(this.#random, 10));
        if (this.isAway || this.#refuses(batch)) throw away();
        const record = this.ledger.get(batch.id) ?? batch.entries.map((_, index) => ({ index, reason }));
        this.ledger.set(batch.id, record);
        this.#trace.add(process.name, `gave up ${batch.id}`, batch.partition);
        return { rejected: record };
      },
    });
  }

  #refuses({ id }: Batch): boolean {
    return this.isPaused || this.stopped.has(id);
  }

  /** Applies a batch, unless the ledger has it. Returns what the transaction rejected that applied it. */
  #commit(process: SimulatedProcess, batch: Batch): readonly Rejection[] {
    const known = this.ledger.get(batch.id);
    this.#trace.add(process.name, `commit of ${batch.id}${known ? ': known' : ''}`, batch.partition);
    if (known !== undefined) return known;
    const rejected = batch.entries.flatMap((_, index) =>
      integer(this.#random, 100) < this.rejects ? [{ index, reason: 'no such page' }] : [],
    );
    this.ledger.set(batch.id, rejected);
    const out = new Set(rejected.map(({ index }) => index));
    for (const [index, entry] of batch.entries.entries()) if (!out.has(index)) this.#apply(entry);
    return rejected;
  }

  #apply({ filters, columns, extra }: Entry): void {
    const path = String(filters.path);
    const row = this.rows.get(path) ?? { sum: 0, newest: [], greatest: 0 };
    this.rows.set(path, row);
    const { amount = 0, ...marks } = columns as Record<string, number>;
    row.sum += amount;
    row.greatest = Math.max(row.greatest, Number(extra.greatest?.value ?? 0));
    this.applied.count(Object.entries(marks));
    const now = this.#history.next();
    if (extra.newest !== undefined) row.newest.push({ value: Number(extra.newest.value), at: now });
    for (const mark of Object.keys(marks)) {
      if (!this.appliedAt.has(mark)) this.appliedAt.set(mark, now);
    }
  }

  #fate(): Fate {
    if (this.isAway) return 'away';
    return integer(this.#random, 100) < this.faults ? pick(this.#random, FATES) : 'fine';
  }
}

function away(): SinkUnavailableError {
  return new SinkUnavailableError('The database is away.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
