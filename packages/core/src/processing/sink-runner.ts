import type { Backend } from '../backend.js';
import type { Emitter } from '../events.js';
import type { Log } from '../logger.js';
import type { ResolvedOptions } from '../options.js';
import { messageOf } from '../support/text.js';
import type { Lease } from './lease.js';
import { LeaseKeeper } from './lease-keeper.js';
import { apply, giveUp, type Rejection, type Sink, type SinkContext } from './sink.js';

/** What running a sink came to: the entries it rejected, or an error after which the batch comes again. */
export type SinkOutcome = { readonly rejected: readonly Rejection[] } | { readonly error: unknown };

type RunOptions = Pick<ResolvedOptions, 'clock' | 'leaseMs' | 'maxAttempts'>;

/** Runs a sink on leased batches, and keeps their leases meanwhile. */
export class SinkRunner {
  readonly #backend: Backend;
  readonly #options: RunOptions;
  readonly #events: Emitter;
  readonly #log: Log;
  readonly #running = new Set<LeaseKeeper>();

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

  /** Runs the sink on a lease's batch, or has it give the batch up after `maxAttempts` deliveries. Never rejects. */
  async run(sink: Sink, lease: Lease): Promise<SinkOutcome> {
    const { maxAttempts } = this.#options;
    const { batch } = lease;
    if (batch.entries.length === 0) return { rejected: [] };
    let reason = expired(maxAttempts);
    if (batch.attempt <= maxAttempts) {
      const outcome = await this.#whileLeased(lease, (context) => apply(sink, batch, context));
      if (!('error' in outcome) || batch.attempt < maxAttempts) return outcome;
      reason = messageOf(outcome.error);
    }
    return this.#whileLeased(lease, (context) => giveUp(sink, batch, reason, context));
  }

  /** Aborts the sinks that still run. */
  abort(reason: unknown): void {
    for (const keeper of this.#running) keeper.abort(reason);
  }

  async #whileLeased(
    lease: Lease,
    run: (context: SinkContext) => Promise<readonly Rejection[]>,
  ): Promise<SinkOutcome> {
    const { leaseMs } = this.#options;
    const keeper = new LeaseKeeper(this.#backend, lease, this.#options, (error) =>
      this.#events.emit('error', error),
    );
    this.#running.add(keeper);
    try {
      return { rejected: await run({ signal: keeper.signal, leaseMs, logger: this.#log }) };
    } catch (error) {
      return { error };
    } finally {
      keeper.stop();
      this.#running.delete(keeper);
    }
  }
}

function expired(maxAttempts: number): string {
  return `Delivered ${maxAttempts} times, and the last lease ran out before it was settled: its worker died or stalled.`;
}
