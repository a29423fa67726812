import type { Backend, Burial } from './backend.js';
import { randomId } from './clock.js';
import { excerpt, messageOf, ProcessingError } from './errors.js';
import type { Emitter } from './events.js';
import { type Lease, leaseOf } from './lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { ResolvedOptions } from './options.js';
import type { Persist } from './persist.js';
import type { AnySchema, Batch, Entry, Rejection, Sink, SinkResult } from './types.js';

/** What became of a lease. `stale`: it ran out before it was settled, so the batch is delivered again. */
export type Settlement = 'applied' | 'retried' | 'buried' | 'stale';

/** A settlement, and what it adds to the report. */
type Processed = Partial<ProcessReport> & { readonly settlement: Settlement };

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

// A reason is kept with each dead letter; drivers put whole statements in their messages.
const REASON_LENGTH = 1000;

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

  /**
   * Gives a lease's batch to the sink and settles the lease accordingly. What the sink throws is not thrown on: the
   * batch is delivered again, or given up after `maxAttempts`.
   */
  async process(lease: Lease): Promise<Settlement> {
    return (await this.#process(lease)).settlement;
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
      const { settlement, ...done } = await this.#process(lease);
      report = addReports(report, done);
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

  async #process(lease: Lease): Promise<Processed> {
    const { sink, clock } = this.#options;
    if (sink === undefined) throw noSink();
    const startedAt = clock.now();
    const verdict = await this.#judge(sink, lease);
    return 'error' in verdict ? this.#retry(lease, verdict.error) : this.#settle(lease, verdict.rejected, startedAt);
  }

  /** What the sink makes of a batch: the entries it rejects, or an error after which the batch comes again. */
  async #judge(sink: Sink, lease: Lease): Promise<{ rejected: readonly Rejection[] } | { error: unknown }> {
    const { maxAttempts } = this.#options;
    const { batch } = lease;
    let reason = expired(lease, maxAttempts);
    if (batch.attempt <= maxAttempts) {
      try {
        return await this.#whileLeased(lease, (signal) => sink(batch, { signal }));
      } catch (error) {
        if (batch.attempt < maxAttempts) return { error };
        reason = messageOf(error);
      }
    }
    try {
      if (sink.abandon === undefined) return { rejected: batch.entries.map((_, index) => ({ index, reason })) };
      return await this.#whileLeased(lease, async (signal) => {
        const answer: unknown = await sink.abandon?.(batch, { signal, reason });
        // Nothing rejected means that all was applied, which must not be what a forgotten `return` says.
        if (hasRejected(answer)) return answer;
        throw invalidAnswer(batch, 'abandon() did not say what it rejects');
      });
    } catch (error) {
      return { error };
    }
  }

  /** Runs the sink under a lease that is renewed, and checks what it answers. */
  async #whileLeased(
    lease: Lease,
    run: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<{ rejected: readonly Rejection[] }> {
    if (lease.batch.entries.length === 0) return { rejected: [] };
    const keeper = new LeaseKeeper(this.#backend, lease, this.#options, (error) => this.#events.emit('error', error));
    this.#running.add(keeper);
    try {
      return { rejected: rejectedOf(lease, await run(keeper.signal)) };
    } finally {
      keeper.stop();
      this.#running.delete(keeper);
    }
  }

  async #settle(lease: Lease, rejected: readonly Rejection[], startedAt: number): Promise<Processed> {
    const { batch, token, positions, corrupt } = lease;
    const burials = [
      ...corrupt,
      ...rejected.map(({ index, reason }) => ({ index: positions[index] as number, reason: excerpt(reason, REASON_LENGTH) })),
    ];
    const settled = await this.#persist(() =>
      burials.length === 0
        ? this.#backend.ack(batch.partition, token)
        : this.#backend.bury(batch.partition, token, burials),
    );
    if (!settled) return this.#stale(lease);
    const applied = batch.entries.length - rejected.length;
    if (applied > 0) this.#emitProcessed(batch, rejected, startedAt);
    if (burials.length > 0) this.#emitBuried(batch, rejected, corrupt);
    if (applied === 0) return { settlement: 'buried', buried: burials.length };
    return { settlement: 'applied', batches: 1, entries: applied, buried: burials.length };
  }

  async #retry(lease: Lease, error: unknown): Promise<Processed> {
    const { batch, token } = lease;
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(0, Math.trunc(this.#options.retryDelay(batch.attempt)) || 0));
    const settled = await this.#persist(() => this.#backend.retry(batch.partition, token, delayMs));
    if (!settled) return this.#stale(lease, error);
    this.#events.emit('retry', { batch, error, delayMs });
    return { settlement: 'retried', retried: 1 };
  }

  #emitProcessed(batch: Batch, rejected: readonly Rejection[], startedAt: number): void {
    const out = new Set(rejected.map(({ index }) => index));
    const entries = out.size === 0 ? batch.entries : batch.entries.filter((_, index) => !out.has(index));
    this.#events.emit('processed', { batch, entries, durationMs: this.#options.clock.now() - startedAt });
  }

  #emitBuried(batch: Batch, rejected: readonly Rejection[], corrupt: readonly Burial[]): void {
    const entries = rejected.map(({ index }) => batch.entries[index] as Entry);
    const [first] = [...rejected, ...corrupt];
    this.#events.emit('buried', { batch, entries, reason: first?.reason ?? '' });
  }

  #stale({ batch }: Lease, cause?: unknown): Processed {
    this.#events.emit(
      'error',
      new ProcessingError(
        'ERR_SLUICE_LEASE_LOST',
        `Batch ${batch.id} of partition ${batch.partition} was not settled: its lease had run out. It is delivered again; a transactional sink skips what it already applied.`,
        cause === undefined ? undefined : { cause },
      ),
    );
    return { settlement: 'stale', busy: [batch.partition] };
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

/**
 * What a sink's answer rejects. A sink may answer anything that its last call did, such as a driver's result: the batch
 * is applied all the same. But a wrong place would bury the wrong entry.
 */
function rejectedOf({ batch }: Lease, answer: unknown): readonly Rejection[] {
  if (!hasRejected(answer)) return [];
  const { rejected } = answer;
  if (!Array.isArray(rejected)) throw invalidAnswer(batch, '`rejected` is not an array');
  const places = new Set(rejected.map((rejection: Partial<Rejection> | null) => rejection?.index));
  const valid = [...places].every((index) => Number.isInteger(index) && batch.entries[index as number] !== undefined);
  if (!valid || places.size < rejected.length) {
    throw invalidAnswer(batch, `it rejects places that are not 0 to ${batch.entries.length - 1}, or one twice`);
  }
  return rejected.map(({ index, reason }: Rejection) => ({ index, reason: messageOf(reason) }));
}

function hasRejected(answer: unknown): answer is { readonly rejected: unknown } {
  return typeof answer === 'object' && answer !== null && 'rejected' in answer;
}

function invalidAnswer({ id }: Batch, problem: string): ProcessingError {
  return new ProcessingError(
    'ERR_SLUICE_INVALID_ARGUMENT',
    `The sink's answer to batch ${id} cannot be used: ${problem}. A sink answers nothing, or { rejected: [{ index, reason }] }.`,
  );
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
