import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { openTelemetry } from '@sluice/opentelemetry';
import { recordingSink } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function setUp(backend = memory()) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const inner = recordingSink();
  const sink = Object.assign(
    async (...args: Parameters<typeof inner>) => {
      tracerProvider.getTracer('database').startSpan('insert').end();
      return inner(...args);
    },
    { giveUp: async () => ({ rejected: [{ index: 0, reason: 'no' }] }) },
  );
  const telemetry = openTelemetry({ tracerProvider, attributes: { 'sluice.buffer': 'pages' } });
  const options = {
    maxAttempts: 3,
    giveUpAfterMs: 0,
    retryDelay: () => 0,
    logger: { warn() {}, error() {} },
  };
  const buffer = createBuffer({ backend, sink, telemetry, partitions: 1, ...options });
  const spans = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
  const only = (name: string): ReadableSpan => {
    const [span, ...others] = spans(name);
    if (span === undefined || others.length > 0) throw new Error(`${spans(name).length} spans ${name}`);
    return span;
  };
  const count = (path = '/') => buffer.incr('Page', { views: 1 }, { path });
  return { buffer, sink: inner, spans, only, count, tracer: tracerProvider.getTracer('test') };
}

const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

test('a run of the sink holds the spans of its database and the ack, and links to its claim', async () => {
  const { buffer, only, count } = setUp();
  await count();
  await buffer.processPending();
  await buffer.close();
  const run = only('sluice process');
  expect(run.kind).toBe(SpanKind.CONSUMER);
  expect(run.attributes).toEqual({
    'messaging.batch.message_count': 1,
    'messaging.operation.name': 'apply',
    'messaging.operation.type': 'process',
    'messaging.system': 'sluice',
    'sluice.batch.attempt': 1,
    'sluice.batch.id': expect.stringMatching(/^0-/),
    'sluice.buffer': 'pages',
    'sluice.partition': 0,
  });
  for (const part of ['insert', 'sluice ack']) expect(only(part).parentSpanContext?.spanId).toBe(idOf(run));
  const claim = only('sluice claim');
  expect(claim.attributes).toMatchObject({
    'sluice.backend': 'memory',
    'sluice.batch.id': run.attributes['sluice.batch.id'],
    'sluice.claim.status': 'leased',
  });
  expect(run.links.map((link) => [link.context.spanId, link.attributes])).toEqual([
    [idOf(claim), { 'sluice.link': 'claim' }],
  ]);
});

test('deliveries of a batch are linked, have its id, and are counted', async () => {
  const { buffer, sink, spans, only, count } = setUp();
  sink.fail(Object.assign(new Error('secret'), { code: '23514' }), { times: 3 });
  await count();
  for (let i = 0; i < 3; i += 1) await buffer.processPending();
  await buffer.close();
  const runs = spans('sluice process');
  expect(new Set(runs.map(({ attributes }) => attributes['sluice.batch.id'])).size).toBe(1);
  expect(runs.map(({ attributes }) => attributes['sluice.batch.attempt'])).toEqual([1, 2, 3]);
  const previous = runs.map(
    ({ links }) =>
      links.find(({ attributes }) => attributes?.['sluice.link'] === 'previous delivery')?.context.spanId,
  );
  expect(previous).toEqual([undefined, idOf(runs[0] as ReadableSpan), idOf(runs[1] as ReadableSpan)]);
  expect(spans('sluice nack').map((span) => span.parentSpanContext?.spanId)).toEqual(
    runs.slice(0, 2).map(idOf),
  );
  expect(runs[0]).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': '23514' },
  });
  expect(JSON.stringify(runs.map(({ status, events }) => [status, events]))).not.toContain('secret');
  const givenUp = only('sluice give up');
  expect(only('sluice bury').parentSpanContext?.spanId).toBe(idOf(givenUp));
});

test('deliveries by another process have the same batch id, and are counted on', async () => {
  const store = memory();
  const [one, other] = [setUp(store), setUp(store)];
  one.sink.fail(new Error('no'));
  await one.count();
  await one.buffer.processPending();
  await other.buffer.processPending();
  await Promise.all([one.buffer.close(), other.buffer.close()]);
  const [first, second] = [one.only('sluice process'), other.only('sluice process')];
  expect(second.attributes).toMatchObject({
    'sluice.batch.attempt': 2,
    'sluice.batch.id': first.attributes['sluice.batch.id'],
  });
  expect(second.links.map(({ attributes }) => attributes)).toEqual([{ 'sluice.link': 'claim' }]);
});

test('the next batch, claimed with the ack, links to that', async () => {
  const { buffer, spans, only, count } = setUp();
  await Promise.all(Array.from({ length: 1001 }, (_, i) => count(`/${i}`)));
  await buffer.processPending();
  await buffer.close();
  const [first, second] = spans('sluice process');
  const both = only('sluice ackAndClaim');
  expect(both.parentSpanContext?.spanId).toBe(first && idOf(first));
  expect(second?.links.map((link) => link.context.spanId)).toEqual([idOf(both)]);
  expect(second?.parentSpanContext).toBeUndefined();
});

test('a write is nobody’s child, since it has the increments of many; a read is its caller’s', async () => {
  const { buffer, only, count, tracer } = setUp();
  await tracer.startActiveSpan('request', async (request) => {
    await count();
    await buffer.get('Page', ['views'], { path: '/' });
    expect(trace.getActiveSpan()).toBe(request);
    request.end();
  });
  await buffer.close();
  expect(only('sluice add').parentSpanContext).toBeUndefined();
  expect(only('sluice add').attributes).toMatchObject({
    'sluice.write.number': 1,
    'sluice.write.status': 'applied',
    'sluice.write.targets': 1,
  });
  expect(only('sluice read').parentSpanContext?.spanId).toBe(idOf(only('request')));
});
