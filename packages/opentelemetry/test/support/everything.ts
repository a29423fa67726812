import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { createBuffer, SinkUnavailableError } from '@sluice/core';
import { memory } from '@sluice/memory';
import { openTelemetry } from '@sluice/opentelemetry';
import { faultyBackend, manualClock, recordingSink } from '@sluice/testing';

/** The metrics of a process in which everything happened that there is one for. */
export async function everything(): Promise<ResourceMetrics> {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = new MeterProvider({ readers: [exporter] });
  await happen(meterProvider, false);
  await happen(meterProvider, true);
  await exporter.collect(); // The backend does not say what it holds.
  const { resourceMetrics } = await exporter.collect();
  return resourceMetrics;
}

async function happen(meterProvider: MeterProvider, partitions: boolean): Promise<void> {
  const clock = manualClock();
  const store = memory({ clock });
  const backend = faultyBackend(store, [
    { on: 'add', fault: 'refuse' },
    { on: 'stats', fault: { reject: new Error('no') } },
  ]);
  const sink = recordingSink();
  const attributes = { 'sluice.buffer': 'pages' };
  const buffer = createBuffer({
    backend,
    sink,
    clock,
    partitions: 1,
    maxAttempts: 1,
    giveUpAfterMs: 0,
    retryDelay: () => 0,
    logger: { warn() {}, error() {} },
    telemetry: openTelemetry({ meterProvider, attributes, partitions, clock }),
  });
  buffer.count('Page', { views: Number.MAX_SAFE_INTEGER }, { path: '/' });
  await clock.until(buffer.flush());
  buffer.count('Page', { views: 1 }, { path: '/' });
  await buffer.flush().catch(() => {});
  sink.fail(new SinkUnavailableError('away'));
  await buffer.processPending();
  sink.fail(new Error('no'));
  await buffer.processPending();
  buffer.count('Page', { views: 1 }, { path: '/docs' });
  await buffer.flush();
  await buffer.processPending();
}
