import type { Backend, Burial } from './backend.js';
import { randomId } from './clock.js';
import { messageOf, ProcessingError } from './errors.js';
import type { Emitter } from './events.js';
import { type Lease, leaseOf } from './lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { ResolvedOptions } from './options.js';
import type { Persist } from './persist.js';
import type { AnySchema, Sink } from './types.js';

/** What became of a lease. `stale`: it ran out before it was settled, so the batch is delivered again. */
export type Settlement = 'applied' | 'retried' | 'buried' | 'stale';

/** What one `processPending` did. */
export interface ProcessReport {
  /** Batches the sink applied. */
  readonly batches: number;
  /** Entries in them. */
  readonly entries: number;
  /** Batches that are delivered again later. */
  readonly retried: number;
  /** Entries that became dead letters. */
  readonly buried: number;
  /** Partitions whose batch is leased by another worker or waits for its next delivery. */
  readonly busy: readonly number[];
  /** When the first of them is due, in milliseconds from now. */
  readonly dueInMs?: number;
}

/** What a claim answers: a lease, or why there is none. */
export type Claim<S = AnySchema> =
  | { readonly status: 'leased'; readonly lease: Lease<S> }
  | { readonly status: 'empty' }
  | { readonly status: 'busy'; readonly forMs: number };

export const NOTHING_DONE: ProcessReport = { batches: 0, entries: 0, retried: 0, buried: 0, busy: [] };

const MAX_DELAY_MS = 2 ** 31 - 1;

/** The way out of one partition at a time: claim → sink → ack, retry or bury. */
export class Processor {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #events: Emitter;
  readonly #persist: Persist;
  readonly #running = new Set<LeaseKeeper>();
  #stopped = false;

  constructor(backend: Backend, options: ResolvedOptions, events: Emitter, persist: Persist) {
    this.#backend = backend;
    this.#options = options;
    this.#events = events;
    this.#persist = persist;
  }

  /** Claims the partition's batch. */
  async claim(partition: number): Promise<Claim> {
    const { batchSize, leaseMs, random } = this.#options;
    const token = randomId(random);
    const request = { size: batchSize, leaseMs, token, id: `${partition}-${randomId(random)}` };
    const claimed = await this.#persist(() => this.#backend.claim(partition, request));
    if (claimed.status !== 'leased') return claimed;
    return { status: 'leased', lease: leaseOf(partition, token, claimed.batch) };
  }

  /** Gives a lease's batch to the sink and settles the lease accordingly. Never throws what the sink throws. */
  async process(lease: Lease): Promise<Settlement> {
    const { sink, maxAttempts, clock } = this.#options;
    if (sink === undefined) throw noSink();
    if (lease.batch.attempt > maxAttempts) return this.#buryAll(lease, expired(lease, maxAttempts));
    const startedAt = clock.now();
    try {
      if (lease.batch.entries.length > 0) await this.#apply(sink, lease);
    } catch (error) {
      return this.#retryOrBury(lease, error);
    }
    return this.#acknowledge(lease, startedAt);
  }

  /** Processes batches until the partition has nothing that was pending at the start, or is busy. */
  async drain(partition: number): Promise<ProcessReport> {
    let report = NOTHING_DONE;
    let remaining: number | undefined;
    while (!this.#stopped) {
      const claim = await this.claim(partition);
      if (claim.status === 'busy') return addReports(report, { busy: [partition], dueInMs: claim.forMs });
      if (claim.status === 'empty') break;
      const { lease } = claim;
      const settlement = await this.process(lease);
      report = addReports(report, reportOf(lease, settlement));
      if (settlement === 'retried' || settlement === 'stale') break;
      // A redelivered batch was claimed before, so it is not part of what the first claim saw behind it.
      remaining = remaining === undefined ? lease.remaining : remaining - lease.size;
      if (remaining <= 0) break;
    }
    return report;
  }

  /** Starts no further batch. */
  stop(): void {
    this.#stopped = true;
  }

  /** Aborts the sinks that still run. */
  abort(reason: unknown): void {
    for (const keeper of this.#running) keeper.abort(reason);
  }

  async #apply(sink: Sink, lease: Lease): Promise<void> {
    const keeper = new LeaseKeeper(this.#backend, lease, this.#options, (error) => this.#events.emit('error', error));
    this.#running.add(keeper);
    try {
      await sink(lease.batch, { signal: keeper.signal });
    } finally {
      keeper.stop();
      this.#running.delete(keeper);
    }
  }

  async #acknowledge(lease: Lease, startedAt: number): Promise<Settlement> {
    const { batch, token, corrupt } = lease;
    const settled = await this.#persist(() =>
      corrupt.length === 0
        ? this.#backend.ack(batch.partition, token)
        : this.#backend.bury(batch.partition, token, corrupt),
    );
    if (!settled) return this.#stale(lease);
    if (batch.entries.length > 0) {
      this.#events.emit('processed', { batch, durationMs: this.#options.clock.now() - startedAt });
    }
    if (corrupt.length > 0) this.#events.emit('buried', { batch, entries: [], reason: (corrupt[0] as Burial).reason });
    return 'applied';
  }

  async #retryOrBury(lease: Lease, error: unknown): Promise<Settlement> {
    const { batch, token } = lease;
    if (batch.attempt >= this.#options.maxAttempts) return this.#buryAll(lease, messageOf(error));
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(0, Math.trunc(this.#options.retryDelay(batch.attempt)) || 0));
    const settled = await this.#persist(() => this.#backend.retry(batch.partition, token, delayMs));
    if (!settled) return this.#stale(lease, error);
    this.#events.emit('retry', { batch, error, delayMs });
    return 'retried';
  }

  async #buryAll(lease: Lease, reason: string): Promise<Settlement> {
    const { batch, token, corrupt, size } = lease;
    const unreadable = new Map(corrupt.map((burial) => [burial.index, burial]));
    const burials = Array.from({ length: size }, (_, index) => unreadable.get(index) ?? { index, reason });
    const settled = await this.#persist(() => this.#backend.bury(batch.partition, token, burials));
    if (!settled) return this.#stale(lease);
    this.#events.emit('buried', { batch, entries: batch.entries, reason });
    return 'buried';
  }

  #stale({ batch }: Lease, cause?: unknown): Settlement {
    this.#events.emit(
      'error',
      new ProcessingError(
        'ERR_SLUICE_LEASE_LOST',
        `Batch ${batch.id} of partition ${batch.partition} was not settled: its lease had run out. It is delivered again; a transactional sink skips what it already applied.`,
        cause === undefined ? undefined : { cause },
      ),
    );
    return 'stale';
  }
}

/** Adds up what several partitions, or several batches, did. */
export function addReports(a: ProcessReport, b: Partial<ProcessReport>): ProcessReport {
  const dueInMs = Math.min(a.dueInMs ?? Number.POSITIVE_INFINITY, b.dueInMs ?? Number.POSITIVE_INFINITY);
  return {
    batches: a.batches + (b.batches ?? 0),
    entries: a.entries + (b.entries ?? 0),
    retried: a.retried + (b.retried ?? 0),
    buried: a.buried + (b.buried ?? 0),
    busy: [...a.busy, ...(b.busy ?? [])],
    ...(Number.isFinite(dueInMs) && { dueInMs }),
  };
}

function reportOf({ batch, corrupt, size }: Lease, settlement: Settlement): Partial<ProcessReport> {
  switch (settlement) {
    case 'applied':
      return { batches: batch.entries.length > 0 ? 1 : 0, entries: batch.entries.length, buried: corrupt.length };
    case 'retried':
      return { retried: 1 };
    case 'buried':
      return { buried: size };
    case 'stale':
      return { busy: [batch.partition] };
  }
}

function expired({ batch }: Lease, maxAttempts: number): string {
  return `Delivered ${maxAttempts} times, and the last lease ran out before it was settled: its worker died or stalled (batch ${batch.id}).`;
}

/** What a buffer without a sink answers. */
export function noSink(): ProcessingError {
  return new ProcessingError(
    'ERR_SLUICE_NO_SINK',
    'This buffer has no sink, so it can count but not process. Pass `sink` to createBuffer.',
  );
}
