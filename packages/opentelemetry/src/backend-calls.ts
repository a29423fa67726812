import { type Context, context, ROOT_CONTEXT, type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import type { Backend } from '@sluice/core';
import type { AddResult, ClaimResult, Write } from '@sluice/core/backend';
import { type BackendCall, interceptBackend } from '@sluice/core/telemetry';
import type { Deliveries } from './deliveries.js';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';
import { measured } from './measured.js';
import { quietly } from './quietly.js';
import { beginPartition } from './zeros.js';

/** What measurements and spans are made with. */
export interface Scope {
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  readonly labels: Labels;
}

/** A backend whose calls are spans and measurements. */
export function watchBackend(backend: Backend, scope: Scope, deliveries: Deliveries): Backend {
  const { tracer, instruments, labels } = scope;
  const begun = new Set<number>();
  return interceptBackend(backend, (call, proceed) => {
    const { method } = call;
    const partition = partitionOf(call);
    if (labels.byPartition && partition !== undefined && !begun.has(partition)) {
      begun.add(partition);
      quietly(() => beginPartition(instruments, labels, partition));
    }
    const operation = { 'sluice.backend': backend.name, 'sluice.operation': method };
    return measured(
      {
        tracer,
        span: {
          name: `sluice ${method}`,
          kind: SpanKind.CLIENT,
          attributes: labels.ofSpan(partition, operation),
        },
        parent: parentOf(call, deliveries),
        duration: instruments.backendDuration,
        labels: labels.ofMetric(partition, operation),
      },
      async (span) => {
        const result = await proceed();
        quietly(() => {
          if (call.method === 'add') added(call.args[0], result as AddResult, span, scope);
          else if (partition !== undefined && isClaim(result)) claimed(partition, result, span, deliveries);
        });
        return result;
      },
    );
  });
}

function partitionOf({ method, args }: BackendCall): number | undefined {
  if (method === 'add') return args[0].partition;
  const [first] = args;
  return typeof first === 'number' && !OF_ALL.has(method) ? first : undefined;
}

/** Their argument is how many partitions a producer has. */
const OF_ALL: ReadonlySet<BackendCall['method']> = new Set(['partitions', 'stats']);

/**
 * A write has the increments of many callers, and is the child of none. What settles a batch, or renews its lease, is part
 * of the run of its sink.
 */
function parentOf(call: BackendCall, deliveries: Deliveries): Context {
  switch (call.method) {
    case 'join':
    case 'add':
      return ROOT_CONTEXT;
    case 'renew':
    case 'ack':
    case 'ackAndClaim':
    case 'nack':
    case 'bury':
      return deliveries.contextOf(call.args[0], call.args[1], context.active());
    default:
      return context.active();
  }
}

function added(write: Write, result: AddResult, span: Span, { instruments, labels }: Scope): void {
  const { partition, number, entries } = write;
  const { status } = result;
  span.setAttributes({
    'sluice.write.number': number,
    'sluice.write.targets': entries.length,
    'sluice.write.status': status,
  });
  instruments.writes.add(1, labels.ofMetric(partition, { 'sluice.write.status': status }));
  if (status !== 'applied' && status !== 'duplicate') return;
  instruments.written.add(entries.length - result.refused.length, labels.ofMetric(partition));
  for (const { reason } of result.refused)
    instruments.refused.add(1, labels.ofMetric(partition, { 'sluice.reason': reason }));
}

function isClaim(result: unknown): result is ClaimResult {
  return typeof result === 'object' && result !== null && 'status' in result;
}

function claimed(partition: number, result: ClaimResult, span: Span, deliveries: Deliveries): void {
  span.setAttribute('sluice.claim.status', result.status);
  if (result.status !== 'leased') return;
  const { leaseToken, batch } = result;
  span.setAttributes({
    'sluice.batch.id': batch.id,
    'sluice.batch.attempt': batch.attempt,
    'sluice.batch.targets': batch.entries.length,
  });
  deliveries.claimed(partition, leaseToken, batch.id, span.spanContext());
}
