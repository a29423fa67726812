import type { Batch } from '../schema.js';
import type { Clock } from './clock.js';

/** When a sink began to fail for a reason, until when another failure belongs to it, and when it is news again. */
interface SinkOutage {
  readonly reason: string;
  readonly since: number;
  until: number;
  newsAt: number;
}

// Batches are delivered later than they are due: their worker pauses between rounds, and the sink needs time to fail.
const LATENESS_MS = 60_000;

const HOUR_MS = 3_600_000;

/**
 * The batches that a sink failed on. A reason is news at first, however many partitions it stops, and then after an hour,
 * two, four … It is over when one of them has a batch applied, or when nothing failed for it any more, since other
 * workers took over.
 */
export class FailingBatches {
  readonly #clock: Clock;
  readonly #outages = new Map<string, SinkOutage>();
  /** By partition, what its last delivery failed with. */
  readonly #failed = new Map<number, { readonly batchId: string; readonly outage: SinkOutage }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** If this is news, returns how long the sink has been failing for the reason. */
  failed({ id, partition }: Batch, reason: string, delayMs: number): { readonly forMs: number } | undefined {
    const now = this.#clock.now();
    for (const [other, { until }] of this.#outages) if (until < now) this.#outages.delete(other);
    const last = this.#failed.get(partition);
    const same = last?.batchId === id && last.outage.reason === reason ? last.outage : undefined;
    const outage = this.#outages.get(reason) ?? same ?? { reason, since: now, until: now, newsAt: now };
    outage.until = now + delayMs + LATENESS_MS;
    this.#outages.set(reason, outage);
    this.#failed.set(partition, { batchId: id, outage });
    if (now < outage.newsAt) return undefined;
    const forMs = now - outage.since;
    outage.newsAt = now + Math.max(HOUR_MS, forMs);
    return { forMs };
  }

  /** Returns the failure that ends with this batch, if one does. */
  applied({ partition }: Batch): { readonly reason: string; readonly forMs: number } | undefined {
    const outage = this.#failed.get(partition)?.outage;
    this.#failed.delete(partition);
    if (outage === undefined || !this.#outages.delete(outage.reason)) return undefined;
    return { reason: outage.reason, forMs: this.#clock.now() - outage.since };
  }

  buried({ partition }: Batch): void {
    this.#failed.delete(partition);
  }
}
