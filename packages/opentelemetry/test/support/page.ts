import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** The samples of a Prometheus page: by the name of the metric, the values of each label. */
export type Page = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

const SAMPLE = /^(\w+)(?:\{(.*)\})? \S+$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The page that OpenTelemetry's exporter writes. */
export function pageOf(metrics: ResourceMetrics): Page {
  const text = new PrometheusSerializer().serialize(metrics);
  const page = new Map<string, Map<string, Set<string>>>();
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = SAMPLE.exec(line) ?? [];
    if (name === undefined) continue;
    const values = page.get(name) ?? new Map<string, Set<string>>();
    page.set(name, values);
    for (const [, label = '', value = ''] of labels.matchAll(LABEL))
      values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return page;
}
