import pLimit from 'p-limit';
import type { Backend } from '../backend.js';
import { PartitionsFailedError, ProcessingError } from '../errors.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { ResolvedOptions } from '../options.js';
import type { AnySchema, Schema } from '../schema.js';
import { randomId } from '../support/clock.js';
import type { Retry } from '../support/retry.js';
import { type Lease, leaseOf } from './lease.js';
import { addReports, NOTHING_DONE, type ProcessReport } from './report.js';
import { type Settled, type Settlement, Settler } from './settler.js';
import { SinkRunner } from './sink-runner.js';

/**
 * What {@link Buffer.claim} resolves with: a lease, or why there is none. `empty`: nothing is pending; `busy`: another
 * worker holds the partition's batch, or it waits for its next delivery, for at most `forMs` milliseconds.
 */
export type Claim<S extends Schema<S> = AnySchema> =
  | { readonly status: 'leased'; readonly lease: Lease<S> }
  | { readonly status: 'empty' }
  | { readonly status: 'busy'; readonly forMs: number };

/** The way out: claim → sink → ack, nack or bury. */
export class Processor {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #withRetry: Retry;
  readonly #runner: SinkRunner;
  readonly #settler: Settler;
  #stopped = false;

  constructor(backend: Backend, options: ResolvedOptions, events: Emitter, withRetry: Retry, log: Log) {
    this.#backend = backend;
    this.#options = options;
    this.#withRetry = withRetry;
    this.#runner = new SinkRunner(backend, options, events, log);
    this.#settler = new Settler(backend, options, events, withRetry);
  }

  /** How many sinks run now. */
  get running(): number {
    return this.#runner.running;
  }

  /** Claims a partition's batch. */
  async claim(partition: number): Promise<Claim> {
    const { batchSize, leaseMs, random } = this.#options;
    const claimToken = randomId(random);
    // A repeat may arrive after another worker settled the batch of the first call, whose id must not be used again.
    const request = () => ({
      size: batchSize,
      leaseMs,
      claimToken,
      batchIdPrefix: `${partition}-${randomId(random)}`,
    });
    const claimed = await this.#withRetry(`claim of partition ${partition}`, () =>
      this.#backend.claim(partition, request()),
    );
    if (claimed.status !== 'leased') return claimed;
    return { status: 'leased', lease: leaseOf(partition, claimed.leaseToken, claimed.batch) };
  }

  /**
   * Gives a lease's batch to the sink and settles the lease accordingly. It does not reject with what the sink throws: the
   * batch is delivered again, or given up after `maxAttempts`.
   * @throws ProcessingError `ERR_SLUICE_NO_SINK`
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
      // A redelivered batch was claimed before, so what the first claim saw pending does not include it.
      remaining = remaining === undefined ? lease.remaining : remaining - lease.size;
      if (remaining <= 0) break;
    }
    return report;
  }

  /**
   * Drains every partition that the backend holds, `concurrency` at a time.
   * Rejects when some fail, after the others were processed; several failures make one `PartitionsFailedError`.
   */
  async drainAll(): Promise<ProcessReport> {
    const { concurrency, random, partitions: known } = this.#options;
    const partitions = await this.#withRetry('partitions', () => this.#backend.partitions(known));
    // Each worker starts elsewhere, so that several of them do not queue at the same partition.
    const start = Math.floor(random() * partitions.length);
    const order = [...partitions.slice(start), ...partitions.slice(0, start)];
    const limit = pLimit(concurrency);
    const drained = await Promise.allSettled(order.map((partition) => limit(() => this.drain(partition))));
    const errors = drained.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new PartitionsFailedError(errors);
    return drained.reduce(
      (sum, result) => (result.status === 'fulfilled' ? addReports(sum, result.value) : sum),
      NOTHING_DONE,
    );
  }

  /** Starts no further batch. */
  stop(): void {
    this.#stopped = true;
  }

  /** Aborts the sinks that still run. */
  abort(reason: unknown): void {
    this.#runner.abort(reason);
  }

  async #process(lease: Lease): Promise<Settled> {
    const { sink, clock } = this.#options;
    if (sink === undefined) throw noSink();
    const startedAt = clock.now();
    const outcome = await this.#runner.run(sink, lease);
    return 'error' in outcome
      ? this.#settler.failed(lease, outcome.error)
      : this.#settler.applied(lease, outcome.rejected, startedAt);
  }
}

/** What a buffer without a sink rejects with. */
export function noSink(): ProcessingError {
  return new ProcessingError(
    'ERR_SLUICE_NO_SINK',
    'This buffer has no sink, so it can count but not process. Pass `sink` to createBuffer.',
  );
}
