import { diag, metrics } from '@opentelemetry/api';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';
import { type OpenTelemetryOptions, openTelemetry } from '@sluice/opentelemetry';
import { recordingSink } from '@sluice/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

const logged: unknown[] = [];
const log = (...words: unknown[]): void => void logged.push(words.join(' '));
beforeEach(() => {
  logged.length = 0;
  diag.setLogger({ error: log, warn() {}, info() {}, debug() {}, verbose() {} });
});
afterEach(() => diag.disable());

const fail = (): never => {
  throw new Error('a bug of the SDK');
};

const tracing = (broken: Partial<SpanProcessor>): OpenTelemetryOptions => ({
  tracerProvider: new BasicTracerProvider({
    spanProcessors: [
      { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {}, ...broken },
    ],
  }),
});

const broken: [string, () => OpenTelemetryOptions][] = [
  ['the start of spans', () => tracing({ onStart: fail })],
  ['the end of spans', () => tracing({ onEnd: fail })],
  [
    'measurements',
    () => ({
      meterProvider: new MeterProvider({
        views: [
          {
            instrumentName: '*',
            aggregation: { type: AggregationType.DEFAULT },
            attributesProcessors: [{ process: fail }],
          },
        ],
        readers: [],
      }),
    }),
  ],
  [
    'instruments that observe',
    () => {
      const meter = metrics.getMeter('none');
      const failing = { addBatchObservableCallback: fail, removeBatchObservableCallback: fail };
      return { meterProvider: { getMeter: () => Object.setPrototypeOf(failing, meter) } };
    },
  ],
];

test.each(broken)('what fails at %s reaches neither counting nor applying', async (_, options) => {
  const sink = recordingSink();
  const telemetry = openTelemetry(options());
  const buffer = createBuffer({ backend: memory(), sink, telemetry, partitions: 1 });
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  buffer.count('Page', { views: 2 }, { path: '/a' });
  await buffer.flush();
  expect(await buffer.processPending()).toMatchObject({ entries: 1, retried: 0 });
  await buffer.close();
  expect(sink.total('Page', 'views')).toBe(3);
  expect(logged[0]).toContain('a bug of the SDK');
});
