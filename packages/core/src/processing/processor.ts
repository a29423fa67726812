import type { Backend, BatchStats } from '../backend.js';
import { ProcessingError } from '../errors.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { ResolvedOptions } from '../options.js';
import { allOf } from '../reading/stats.js';
import type { Retry } from '../support/retry.js';
import { type Claim, Claiming } from './claiming.js';
import type { Lease } from './lease.js';
import { type Settled, Settler } from './settler.js';
import type { Sink } from './sink.js';
import { SinkRunner } from './sink-runner.js';

/** What {@link Buffer.giveUp} resolves with. */
export type GivenUp =
  /** The batch is settled: `buried` of its entries are dead letters, `applied` turned out to be applied. */
  | {
      readonly status: 'settled';
      readonly batchId: string;
      readonly applied: number;
      readonly buried: number;
    }
  /** No batch waits in the partition. */
  | { readonly status: 'empty' }
  /** A worker holds the batch, for `forMs` milliseconds unless it renews its lease. */
  | { readonly status: 'busy'; readonly forMs: number };

/** The way out: claim → sink → ack, nack or bury. */
export class Processor {
  readonly #backend: Backend;
  readonly #options: ResolvedOptions;
  readonly #withRetry: Retry;
  readonly #runner: SinkRunner;
  readonly #settler: Settler;

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

  /** Returns the sink. @throws ProcessingError `ERR_SLUICE_NO_SINK` */
  mustHaveSink(): Sink {
    const { sink } = this.#options;
    if (sink !== undefined) return sink;
    throw new ProcessingError(
      'ERR_SLUICE_NO_SINK',
      'This buffer has no sink, so it can count but not process. Pass `sink` to createBuffer.',
    );
  }

  /** Claims a partition's batch; if `early`, also one that waits for its next delivery. */
  claim(partition: number, early = false): Promise<Claim> {
    return this.claiming(partition, (claim) => claim(), early);
  }

  /** Does what begins with a claim, again if that fails and may be repeated. All attempts are one claim. */
  claiming<T>(
    partition: number,
    attempt: (claim: () => Promise<Claim>) => Promise<T>,
    early = false,
  ): Promise<T> {
    const claiming = new Claiming(partition, this.#options, early);
    const claim = async (): Promise<Claim> =>
      claiming.resultOf(await this.#backend.claim(partition, claiming.request()));
    return this.#withRetry(`claim of partition ${partition}`, () => attempt(claim));
  }

  /**
   * Gives a lease's batch to the sink and settles the lease accordingly. It does not reject with what the sink throws: the
   * batch is delivered again, or given up. If all of it was applied and `wantsNext` then says so, the next batch is claimed
   * with the ack.
   * @throws ProcessingError `ERR_SLUICE_NO_SINK`
   */
  async process(lease: Lease, wantsNext?: () => boolean): Promise<Settled> {
    const sink = this.mustHaveSink();
    const startedAt = this.#options.clock.now();
    const outcome = await this.#runner.run(sink, lease);
    return 'error' in outcome
      ? this.#settler.failed(lease, outcome)
      : this.#settler.applied(lease, outcome.rejected, startedAt, wantsNext);
  }

  /**
   * Gives a partition's waiting batch up now.
   * @throws what the sink throws: then the batch is kept. Also ProcessingError `ERR_SLUICE_NO_SINK`
   */
  async giveUp(partition: number): Promise<GivenUp> {
    const sink = this.mustHaveSink();
    const { clock, leaseMs } = this.#options;
    const waiting = await this.#withRetry('stats', () => this.#batchOf(partition));
    if (waiting === undefined) return { status: 'empty' };
    const claim = await this.claim(partition, true);
    if (claim.status !== 'leased') return claim;
    const { lease } = claim;
    if (lease.batch.id !== waiting.id) {
      // Another worker settled the batch meanwhile. This is the next one, which deserves its delivery.
      await this.process(lease);
      return { status: 'empty' };
    }
    const startedAt = clock.now();
    const outcome = await this.#runner.giveUp(sink, lease, byRequest(waiting.lastError));
    if ('error' in outcome) {
      await this.#settler.failed(lease, outcome);
      throw outcome.error;
    }
    const settled = await this.#settler.applied(lease, outcome.rejected, startedAt);
    if (settled.settlement === 'stale') return { status: 'busy', forMs: leaseMs };
    const { entries: applied = 0, buried = 0 } = settled;
    return { status: 'settled', batchId: waiting.id, applied, buried };
  }

  /** The unsettled batch of a partition. @throws BackendError if the partition cannot be looked at */
  async #batchOf(partition: number): Promise<BatchStats | undefined> {
    const looks = await this.#backend.stats(partition + 1);
    const [found] = allOf(looks.filter((look) => look.partition === partition));
    return found?.batch;
  }

  /** Aborts the sinks that still run. */
  abort(reason: unknown): void {
    this.#runner.abort(reason);
  }
}

function byRequest(lastError: string | undefined): string {
  const why = lastError === undefined ? 'no delivery of it had failed' : `its last error was: ${lastError}`;
  return `Given up by request; ${why}`;
}
