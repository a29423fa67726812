import {
  type Attributes,
  type Context,
  type Histogram,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { errorTypeOf } from './error-type.js';
import { quietly } from './quietly.js';

/** A call that becomes a span, and a measurement of a duration. */
export interface MeasuredCall {
  readonly tracer: Tracer;
  readonly span: SpanOptions & { readonly name: string };
  readonly parent: Context;
  readonly duration: Histogram;
  readonly labels: Attributes;
}

/** Makes the call, in its span. Messages of errors stay out: drivers quote data in them, and addresses. */
export function measured<T>(call: MeasuredCall, proceed: (span: Span) => Promise<T>): Promise<T> {
  const { name, ...options } = call.span;
  let running: Promise<T> | undefined;
  const run = (span: Span): void => {
    running = timed(call, span, proceed);
  };
  quietly(() => call.tracer.startActiveSpan(name, options, call.parent, run));
  return running ?? timed(call, NO_SPAN, proceed);
}

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

async function timed<T>(
  { duration, labels }: MeasuredCall,
  span: Span,
  proceed: (span: Span) => Promise<T>,
): Promise<T> {
  const since = performance.now();
  const failure: Attributes = {};
  try {
    return await proceed(span);
  } catch (error) {
    const type = errorTypeOf(error);
    failure['error.type'] = type;
    quietly(() => span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR }));
    throw error;
  } finally {
    quietly(() => duration.record((performance.now() - since) / 1000, { ...labels, ...failure }));
    quietly(() => span.end());
  }
}
