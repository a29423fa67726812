import { type Context, isSpanContextValid, type Link, type SpanContext, trace } from '@opentelemetry/api';
import type { Batch } from '@sluice/core';

/** One lease of a batch, and the spans that had to do with it. */
interface Delivery {
  readonly leaseToken: string;
  readonly batchId: string;
  readonly claim: SpanContext;
  /** The sink's run in this process on the delivery before. */
  readonly previous: SpanContext | undefined;
  run?: SpanContext;
}

/**
 * Links the spans of a buffer's deliveries: a run of the sink to the claim that it comes from and to the run before, its
 * settlement to the run. Each partition has one unsettled batch. Deliveries by other processes have the same `sluice.batch.id`.
 */
export class Deliveries {
  readonly #latest = new Map<number, Delivery>();

  claimed(partition: number, leaseToken: string, batchId: string, claim: SpanContext): void {
    const before = this.#latest.get(partition);
    const previous = before?.batchId === batchId ? (before.run ?? before.previous) : undefined;
    this.#latest.set(partition, { leaseToken, batchId, claim, previous });
  }

  linksOf(batch: Batch): Link[] {
    const delivery = this.#of(batch);
    if (delivery === undefined) return [];
    return [linkTo('claim', delivery.claim), linkTo('previous delivery', delivery.previous)].flat();
  }

  running(batch: Batch, run: SpanContext): void {
    const delivery = this.#of(batch);
    if (delivery !== undefined) delivery.run = run;
  }

  /** The context of the run that a lease token belongs to; the one given if there is none. */
  contextOf(partition: number, leaseToken: string, otherwise: Context): Context {
    const delivery = this.#latest.get(partition);
    const run = delivery?.leaseToken === leaseToken ? delivery.run : undefined;
    return run === undefined ? otherwise : trace.setSpanContext(otherwise, run);
  }

  #of({ partition, id }: Batch): Delivery | undefined {
    const delivery = this.#latest.get(partition);
    return delivery?.batchId === id ? delivery : undefined;
  }
}

function linkTo(what: string, context: SpanContext | undefined): Link[] {
  if (context === undefined || !isSpanContextValid(context)) return [];
  return [{ context, attributes: { 'sluice.link': what } }];
}
