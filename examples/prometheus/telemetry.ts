import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { openTelemetry } from '@sluice/opentelemetry';

/** Without a server of its own: the service has one. */
const exporter = new PrometheusExporter({ preventServerStart: true });
const meterProvider = new MeterProvider({ readers: [exporter] });

export const telemetry = openTelemetry({ meterProvider });

export const metricsPage: PrometheusExporter['getMetricsRequestHandler'] = (request, response) =>
  exporter.getMetricsRequestHandler(request, response);
