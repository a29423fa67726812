import type { Backend, Burial } from '../backend.js';
import { BackendError, ProcessingError } from '../errors.js';
import type { Emitter } from '../events.js';
import type { ResolvedOptions } from '../options.js';
import type { Batch, Entry } from '../schema.js';
import { reasonOf } from '../support/reason.js';
import type { Retry } from '../support/retry.js';
import { excerpt, messageOf } from '../support/text.js';
import { type Claim, Claiming } from './claiming.js';
import type { Lease } from './lease.js';
import type { ProcessReport } from './report.js';
import type { Rejection } from './sink.js';
import type { SinkFailure } from './sink-run.js';

/**
 * What became of a lease. `applied`: the sink applied the batch, but for entries that became dead letters; `buried`: all
 * of them did; `retried`: the delivery failed, so the batch is delivered again; `stale`: the lease ran out before it was
 * settled, so the batch is delivered again.
 */
export type Settlement = 'applied' | 'retried' | 'buried' | 'stale';

/** A settlement, what it adds to the report, and the claim that went with the ack, if one did. */
export type Settled = Partial<ProcessReport> & { readonly settlement: Settlement; readonly next?: Claim };

const MAX_DELAY_MS = 2 ** 31 - 1;

// A reason is kept with each dead letter; drivers put whole statements in their messages.
const REASON_LENGTH = 1000;

/** Ends leases: ack, nack or bury, and the events that say so. */
export class Settler {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #events: Emitter;
  readonly #withRetry: Retry;

  constructor(backend: Backend, options: ResolvedOptions, events: Emitter, withRetry: Retry) {
    this.#backend = backend;
    this.#options = options;
    this.#events = events;
    this.#withRetry = withRetry;
  }

  /**
   * The sink applied the batch, but for what it rejected: listeners hear of it whatever becomes of the settlement. An ack
   * may claim the next batch.
   */
  async applied(
    lease: Lease,
    rejected: readonly Rejection[],
    startedAt: number,
    wantsNext?: () => boolean,
  ): Promise<Settled> {
    const { batch, corrupt } = lease;
    const burials = burialsOf(lease, rejected);
    const applied = batch.entries.length - rejected.length;
    const ended = burials.length > 0 ? this.#bury(lease, burials) : this.#ack(lease, wantsNext?.() ?? false);
    const settled = await ended.finally(() => {
      if (applied > 0) this.#emitProcessed(batch, rejected, startedAt);
    });
    if (settled === false) return this.#stale(lease);
    if (burials.length > 0) this.#emitBuried(batch, rejected, corrupt);
    if (applied === 0) return { settlement: 'buried', buried: burials.length };
    const report = { batches: 1, entries: applied, buried: burials.length };
    return { settlement: 'applied', ...report, ...(settled !== true && { next: settled }) };
  }

  /** The delivery failed: the batch is given back, to be delivered again later. */
  async failed(lease: Lease, { error, isVerdict }: SinkFailure): Promise<Settled> {
    const { batch, token } = lease;
    const delayMs = this.#retryDelay(batch.attempt);
    const settled = await this.#withRetry(`nack of partition ${batch.partition}`, () =>
      this.#backend.nack(batch.partition, token, { reason: messageOf(error), isVerdict, delayMs }),
    );
    if (!settled) return this.#stale(lease, error);
    const failures = lease.failures + (isVerdict ? 1 : 0);
    const ageMs = lease.ageMs + this.#options.clock.now() - lease.claimedAt;
    this.#events.emit('retry', { batch, error, delayMs, isVerdict, failures, ageMs });
    return { settlement: 'retried', retried: 1, dueInMs: delayMs };
  }

  #bury({ batch: { partition }, token }: Lease, burials: readonly Burial[]): Promise<boolean> {
    return this.#withRetry(`ack of partition ${partition}`, () =>
      this.#backend.bury(partition, token, burials),
    );
  }

  async #ack({ batch: { partition }, token }: Lease, wantsNext: boolean): Promise<boolean | Claim> {
    const call = `ack of partition ${partition}`;
    if (wantsNext) {
      const claiming = new Claiming(partition, this.#options);
      try {
        const claimed = await this.#withRetry(call, () =>
          this.#backend.ackAndClaim(partition, token, claiming.request()),
        );
        return claimed && claiming.resultOf(claimed);
      } catch (error) {
        // What keeps the backend from claiming may not keep it from taking the ack.
        if (!(error instanceof BackendError) || error.retryable) throw error;
      }
    }
    return this.#withRetry(call, () => this.#backend.ack(partition, token));
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

  #stale({ batch }: Lease, cause?: unknown): Settled {
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

/** What becomes a dead letter, by its index in the backend's batch, unreadable entries included. */
function burialsOf({ corrupt, indexes }: Lease, rejected: readonly Rejection[]): Burial[] {
  return [
    ...corrupt,
    ...rejected.map(({ index, reason }) => ({
      index: indexes[index] as number,
      reason: excerpt(reason, REASON_LENGTH),
    })),
  ];
}
