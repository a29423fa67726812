import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Telemetry } from '@sluice/core';
import { diagnosticsChannels } from '@sluice/core/telemetry';
import { openTelemetry } from '@sluice/opentelemetry';

/** What may watch a buffer, beside nothing. */
export const WATCHERS = {
  channels: diagnosticsChannels,
  metrics: () => openTelemetry({ meterProvider: meters() }),
  'metrics and spans': () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    return openTelemetry({ meterProvider: meters(), tracerProvider: tracers() });
  },
} satisfies Record<string, () => Telemetry>;

export type Watcher = keyof typeof WATCHERS;

function meters(): MeterProvider {
  return new MeterProvider({ readers: [new PrometheusExporter({ preventServerStart: true })] });
}

/** All that an exporter does is left out: it may be any. */
function tracers(): BasicTracerProvider {
  const exporter = { export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }) };
  const processor = new BatchSpanProcessor({ ...exporter, shutdown: () => Promise.resolve() });
  return new BasicTracerProvider({ spanProcessors: [processor] });
}
