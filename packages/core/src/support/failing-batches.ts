import type { Batch } from '../schema.js';
import type { Clock } from './clock.js';

/** When a sink began to fail for a reason, and until when another failure belongs to it. */
interface SinkOutage {
  readonly since: number;
  readonly until: number;
}

/** What a partition's last delivery failed with. */
interface Failed {
  readonly batchId: string;
  readonly reason: string;
}

// Batches are delivered later than they are due: their worker pauses between rounds, and the sink needs time to fail.
const LATENESS_MS = 60_000;

/**
 * The batches that a sink failed on. A reason is news once, however many partitions it stops; it is over
 * when one of them has a batch applied, or when nothing failed for it any more, since other workers took over.
 */
export class FailingBatches {
  readonly #clock: Clock;
  readonly #outages = new Map<string, SinkOutage>();
  readonly #failed = new Map<number, Failed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns whether this is news. */
  failed({ id, partition }: Batch, reason: string, delayMs: number): boolean {
    const now = this.#clock.now();
    for (const [other, { until }] of this.#outages) if (until < now) this.#outages.delete(other);
    const outage = this.#outages.get(reason);
    const last = this.#failed.get(partition);
    this.#outages.set(reason, { since: outage?.since ?? now, until: now + delayMs + LATENESS_MS });
    this.#failed.set(partition, { batchId: id, reason });
    return outage === undefined && !(last?.batchId === id && last.reason === reason);
  }

  /** Returns the failure that ends with this batch, if one does. */
  applied({ partition }: Batch): { readonly reason: string; readonly forMs: number } | undefined {
    const last = this.#failed.get(partition);
    if (last === undefined) return undefined;
    this.#failed.delete(partition);
    const outage = this.#outages.get(last.reason);
    if (!this.#outages.delete(last.reason) || outage === undefined) return undefined;
    return { reason: last.reason, forMs: this.#clock.now() - outage.since };
  }

  buried({ partition }: Batch): void {
    this.#failed.delete(partition);
  }
}
