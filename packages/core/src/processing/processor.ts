import type { Backend, Burial } from '../backend.js';
import { excerpt, messageOf, ProcessingError } from '../errors.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { ResolvedOptions } from '../options.js';
import type { AnySchema, Batch, Entry, Schema } from '../schema.js';
import { randomId } from '../support/clock.js';
import { reasonOf } from '../support/reason.js';
import type { Retry } from '../support/retry.js';
import { type Lease, leaseOf } from './lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import { addReports, NOTHING_DONE, type ProcessReport } from './report.js';
import { abandon, apply, type Rejection, type Sink, type SinkContext } from './sink.js';

/** What became of a lease. `stale`: it ran out before it was settled, so the batch is delivered again. */
export type Settlement = 'applied' | 'retried' | 'buried' | 'stale';

/** A settlement, and what it adds to the report. */
type Processed = Partial<ProcessReport> & { readonly settlement: Settlement };

type Verdict = { readonly rejected: readonly Rejection[] } | { readonly error: unknown };

/** What a claim answers: a lease, or why there is none. */
export type Claim<S extends Schema<S> = AnySchema> =
  | { readonly status: 'leased'; readonly lease: Lease<S> }
  | { readonly status: 'empty' }
  | { readonly status: 'busy'; readonly forMs: number };

const MAX_DELAY_MS = 2 ** 31 - 1;

// A reason is kept with each dead letter; drivers put whole statements in their messages.
const REASON_LENGTH = 1000;

/** The way out of one partition at a time: claim → sink → ack, retry or bury. */
export class Processor {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #events: Emitter;
  readonly #withRetry: Retry;
  readonly #log: Log;
  readonly #running = new Set<LeaseKeeper>();
  #stopped = false;

  constructor(backend: Backend, options: ResolvedOptions, events: Emitter, withRetry: Retry, log: Log) {
    this.#backend = backend;
    this.#options = options;
    this.#events = events;
    this.#withRetry = withRetry;
    this.#log = log;
  }

  /** Claims the partition's batch. */
  async claim(partition: number): Promise<Claim> {
    const { batchSize, leaseMs, random } = this.#options;
    const token = randomId(random);
    // A repeat may come when the batch of the first call was settled by another worker: it must not use its id again.
    const request = () => ({ size: batchSize, leaseMs, token, id: `${partition}-${randomId(random)}` });
    const claimed = await this.#withRetry(`claim of partition ${partition}`, () =>
      this.#backend.claim(partition, request()),
    );
    if (claimed.status !== 'leased') return claimed;
    return { status: 'leased', lease: leaseOf(partition, claimed.token, claimed.batch) };
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

  /** Batches whose sinks run. */
  get running(): number {
    return this.#running.size;
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
    return 'error' in verdict
      ? this.#retry(lease, verdict.error)
      : this.#settle(lease, verdict.rejected, startedAt);
  }

  /** What the sink makes of a batch: the entries it rejects, or an error after which the batch comes again. */
  async #judge(sink: Sink, lease: Lease): Promise<Verdict> {
    const { maxAttempts } = this.#options;
    const { batch } = lease;
    if (batch.entries.length === 0) return { rejected: [] };
    let reason = expired(lease, maxAttempts);
    if (batch.attempt <= maxAttempts) {
      const verdict = await this.#whileLeased(lease, (context) => apply(sink, batch, context));
      if (!('error' in verdict) || batch.attempt < maxAttempts) return verdict;
      reason = messageOf(verdict.error);
    }
    return this.#whileLeased(lease, (context) => abandon(sink, batch, reason, context));
  }

  /** Runs the sink under a lease that is renewed. */
  async #whileLeased(
    lease: Lease,
    run: (context: SinkContext) => Promise<readonly Rejection[]>,
  ): Promise<Verdict> {
    const keeper = new LeaseKeeper(this.#backend, lease, this.#options, (error) =>
      this.#events.emit('error', error),
    );
    this.#running.add(keeper);
    try {
      return {
        rejected: await run({ signal: keeper.signal, leaseMs: this.#options.leaseMs, logger: this.#log }),
      };
    } catch (error) {
      return { error };
    } finally {
      keeper.stop();
      this.#running.delete(keeper);
    }
  }

  async #settle(lease: Lease, rejected: readonly Rejection[], startedAt: number): Promise<Processed> {
    const { batch, token, positions, corrupt } = lease;
    const burials = [
      ...corrupt,
      ...rejected.map(({ index, reason }) => ({
        index: positions[index] as number,
        reason: excerpt(reason, REASON_LENGTH),
      })),
    ];
    const settled = await this.#withRetry(`ack of partition ${batch.partition}`, () =>
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
    const delayMs = this.#retryDelay(batch.attempt);
    const settled = await this.#withRetry(`retry of partition ${batch.partition}`, () =>
      this.#backend.retry(batch.partition, token, delayMs),
    );
    if (!settled) return this.#stale(lease, error);
    this.#events.emit('retry', { batch, error, delayMs });
    return { settlement: 'retried', retried: 1, dueInMs: delayMs };
  }

  /** The user's delay, as timers take it. A function that throws must not keep the batch from being given back. */
  #retryDelay(attempt: number): number {
    try {
      return Math.min(MAX_DELAY_MS, Math.max(0, Math.trunc(this.#options.retryDelay(attempt)) || 0));
    } catch (cause) {
      const { leaseMs } = this.#options;
      const message = `The option "retryDelay" threw: ${reasonOf(cause)}. The batch is delivered again in ${leaseMs} ms.`;
      this.#events.emit('error', new ProcessingError('ERR_SLUICE_INVALID_OPTION', message, { cause }));
      return leaseMs;
    }
  }

  #emitProcessed(batch: Batch, rejected: readonly Rejection[], startedAt: number): void {
    const out = new Set(rejected.map(({ index }) => index));
    const entries = out.size === 0 ? batch.entries : batch.entries.filter((_, index) => !out.has(index));
    this.#events.emit('processed', { batch, entries, durationMs: this.#options.clock.now() - startedAt });
  }

  #emitBuried(batch: Batch, rejected: readonly Rejection[], corrupt: readonly Burial[]): void {
    const entries = rejected.map(({ index }) => batch.entries[index] as Entry);
    const [first] = [...rejected, ...corrupt];
    this.#events.emit('buried', { batch, entries, unreadable: corrupt.length, reason: first?.reason ?? '' });
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
