import { type Attributes, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api';
import type { Clock, Telemetry } from '@sluice/core';
import {
  mustBe,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
  systemClock,
} from '@sluice/core/backend';
import { watchBackend } from './backend-calls.js';
import { Deliveries } from './deliveries.js';
import { countEvents } from './events.js';
import { createInstruments } from './instruments.js';
import { Labels } from './labels.js';
import { quietly } from './quietly.js';
import { watchSink } from './sink-runs.js';
import { observeState } from './state.js';
import { beginPartition, beginProcess } from './zeros.js';

/** What {@link openTelemetry} takes. All of it may be left out. */
export interface OpenTelemetryOptions {
  /** Where metrics go. By default the provider that is registered globally when `openTelemetry()` is called. */
  readonly meterProvider?: MeterProvider;
  /** Where spans go. By default the provider that is registered globally. */
  readonly tracerProvider?: TracerProvider;
  /** Go with every metric and span: for processes with more than one buffer, `{ 'sluice.buffer': 'pages' }` for instance. */
  readonly attributes?: Attributes;
  /**
   * Whether metrics have the attribute `sluice.partition`: so many times the series. Spans have it in any case.
   * @default false
   */
  readonly partitions?: boolean;
  /**
   * Whether to ask the backend what it holds, once for each collection of the metrics. It says the same to each process, so
   * of a large fleet a few are enough.
   * @default true
   */
  readonly stats?: boolean;
  /** For tests: what the wait for the backend is measured by. By default the system's time. */
  readonly clock?: Pick<Clock, 'after'>;
}

const OPTIONS = /* @__PURE__ */ optionsOf('openTelemetry()');
const KNOWN = ['meterProvider', 'tracerProvider', 'attributes', 'partitions', 'stats', 'clock'];
const NAME = '@sluice/opentelemetry';

/**
 * Metrics and traces of a buffer: pass it as `telemetry`. docs/observability.md lists the names. Give each buffer of a process
 * one with {@link OpenTelemetryOptions.attributes} of its own: of several with the same, gauges show the last one only.
 * Register your OpenTelemetry SDK first. Without one, nothing is recorded, and nothing fails.
 *
 * @example
 * ```ts
 * import { openTelemetry } from '@sluice/opentelemetry';
 *
 * const buffer = createBuffer({ backend, sink, telemetry: openTelemetry() });
 * ```
 * @throws `InvalidInputError` `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  checkOptions(options);
  const {
    meterProvider = metrics.getMeterProvider(),
    tracerProvider = trace.getTracerProvider(),
    attributes = {},
    partitions = false,
    stats = true,
    clock = systemClock,
  } = options;
  const meter = meterProvider.getMeter(NAME);
  const tracer = tracerProvider.getTracer(NAME);
  const instruments = createInstruments(meter);
  const labels = new Labels(attributes, partitions);
  const scope = { tracer, instruments, labels };
  // A buffer asks for its backend and then for its sink, in one go.
  let deliveries = new Deliveries();
  return {
    backend(backend) {
      deliveries = new Deliveries();
      return watchBackend(backend, scope, deliveries);
    },
    sink: (sink) => watchSink(sink, scope, deliveries),
    opened(buffer, watch) {
      quietly(() => {
        beginProcess(instruments, labels);
        if (!partitions) beginPartition(instruments, labels);
      });
      countEvents(watch, instruments, labels);
      return observeState(buffer, meter, instruments, labels, stats ? clock : undefined);
    },
  };
}

function checkOptions(options: OpenTelemetryOptions): void {
  mustBePlainObject(OPTIONS, options);
  mustBeKnown(OPTIONS, options, KNOWN);
  const { meterProvider, tracerProvider, attributes, clock } = options;
  if (meterProvider !== undefined) mustHaveMethods(of('meterProvider'), meterProvider, ['getMeter']);
  if (tracerProvider !== undefined) mustHaveMethods(of('tracerProvider'), tracerProvider, ['getTracer']);
  if (attributes !== undefined) mustBePlainObject(of('attributes'), attributes);
  if (clock !== undefined) mustHaveMethods(of('clock'), clock, ['after']);
  for (const name of ['partitions', 'stats'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean') throw mustBe(of(name), 'a boolean', value);
  }
}

function of(name: string): ReturnType<typeof option> {
  return option(name, 'openTelemetry()');
}
