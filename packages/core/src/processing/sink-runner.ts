import type { Backend } from '../backend.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { ResolvedOptions } from '../options.js';
import { messageOf } from '../support/text.js';
import type { Lease } from './lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import { apply, giveUp, type Rejection, type Sink, type SinkContext } from './sink.js';
import { type SinkOutcome, SinkRun } from './sink-run.js';

type RunOptions = Pick<
  ResolvedOptions,
  'clock' | 'giveUpAfterMs' | 'leaseMs' | 'maxAttempts' | 'sinkTimeoutMs'
>;

/** Runs a sink on leased batches: to apply them, or to give them up. */
export class SinkRunner {
  readonly #backend: Backend;
  readonly #options: RunOptions;
  readonly #events: Emitter;
  readonly #log: Log;
  readonly #running = new Set<SinkRun>();

  constructor(backend: Backend, options: RunOptions, events: Emitter, log: Log) {
    this.#backend = backend;
    this.#options = options;
    this.#events = events;
    this.#log = log;
  }

  /** How many sinks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Has the sink apply a lease's batch, or else give it up if it failed long and often enough. Never rejects. */
  async run(sink: Sink, lease: Lease): Promise<SinkOutcome> {
    const outcome = await this.#whileLeased(lease, (context) => apply(sink, lease.batch, context));
    const isOver = 'error' in outcome && outcome.isVerdict && this.#mayGiveUp(lease);
    return isOver ? this.giveUp(sink, lease, messageOf(outcome.error)) : outcome;
  }

  /** Has the sink give a lease's batch up. Never rejects. */
  giveUp(sink: Sink, lease: Lease, reason: string): Promise<SinkOutcome> {
    return this.#whileLeased(lease, (context) => giveUp(sink, lease.batch, reason, context));
  }

  /** Aborts the sinks that still run. */
  abort(reason: unknown): void {
    for (const run of this.#running) run.abort(reason);
  }

  /** Whether one more failure because of the data is enough. */
  #mayGiveUp(lease: Lease): boolean {
    const { giveUpAfterMs, maxAttempts } = this.#options;
    return lease.failures + 1 >= maxAttempts && this.#ageOf(lease) >= giveUpAfterMs;
  }

  #ageOf({ ageMs, claimedAt }: Lease): number {
    return ageMs + this.#options.clock.now() - claimedAt;
  }

  async #whileLeased(
    lease: Lease,
    task: (context: SinkContext) => Promise<readonly Rejection[]>,
  ): Promise<SinkOutcome> {
    // Its entries are all unreadable: there is nothing for the sink to do.
    if (lease.batch.entries.length === 0) return { rejected: [] };
    const { leaseMs } = this.#options;
    const keeper = new LeaseKeeper(this.#backend, lease, this.#options, (error) =>
      this.#events.emit('error', error),
    );
    const run = new SinkRun(keeper, lease, this.#options);
    this.#running.add(run);
    const ageMs = this.#ageOf(lease);
    const outcome = await run.outcomeOf((signal) => task({ signal, leaseMs, ageMs, logger: this.#log }));
    this.#running.delete(run);
    return outcome;
  }
}
