import { context, SpanKind } from '@opentelemetry/api';
import type { Sink } from '@sluice/core';
import { interceptSink } from '@sluice/core/telemetry';
import type { Scope } from './backend-calls.js';
import type { Deliveries } from './deliveries.js';
import { measured } from './measured.js';
import { quietly } from './quietly.js';

const NAMES = { apply: 'sluice process', giveUp: 'sluice give up' };

/** A sink whose runs are spans, in which the spans of its database lie, and measurements. */
export function watchSink(sink: Sink, { tracer, instruments, labels }: Scope, deliveries: Deliveries): Sink {
  return interceptSink(sink, ({ method, batch }, proceed) => {
    const { id, partition, attempt, entries } = batch;
    const attributes = labels.ofSpan(partition, {
      'messaging.system': 'sluice',
      'messaging.operation.name': method,
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': entries.length,
      'sluice.batch.id': id,
      'sluice.batch.attempt': attempt,
    });
    const links = deliveries.linksOf(batch);
    return measured(
      {
        tracer,
        span: { name: NAMES[method], kind: SpanKind.CONSUMER, attributes, links },
        parent: context.active(),
        duration: instruments.sinkDuration,
        labels: labels.ofMetric(partition, { 'sluice.operation': method }),
      },
      (span) => {
        quietly(() => deliveries.running(batch, span.spanContext()));
        return proceed();
      },
    );
  });
}
