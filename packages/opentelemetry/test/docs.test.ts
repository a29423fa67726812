import { readFileSync } from 'node:fs';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { beforeAll, expect, test } from 'vitest';
import { everything } from './support/everything.js';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly attributes: readonly string[];
}

const page = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8');
/** `| `name` | type | `unit` | `attribute`, `attribute` | meaning |` */
const ROW = /^\| `(sluice\.[\w.]+)` \| ([\w- ]+) \| `([^`]+)` \|([^|]*)\| .+ \|$/gm;

// Each metric has those of the option `attributes`, and each of a partition may have that.
const EVERYWHERE = ['sluice.buffer', 'sluice.partition'];

let emitted: readonly MetricData[];
beforeAll(async () => {
  const { scopeMetrics } = await everything();
  emitted = scopeMetrics.flatMap(({ metrics }) => metrics);
});

function typeOf(metric: MetricData): string {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return 'histogram';
    case DataPointType.SUM:
      return metric.isMonotonic ? 'counter' : 'up-down counter';
    default:
      return 'gauge';
  }
}

test('the table of metrics is that of what is emitted', () => {
  const documented: Row[] = [...page.matchAll(ROW)].map(
    ([, name = '', type = '', unit = '', names = '']) => ({
      name,
      type,
      unit,
      attributes: [...names.matchAll(/`([^`]+)`/g)].map(([, attribute = '']) => attribute).sort(),
    }),
  );
  const real = emitted.map((metric) => {
    const { name, unit } = metric.descriptor;
    const attributes = new Set(metric.dataPoints.flatMap((point) => Object.keys(point.attributes)));
    for (const attribute of EVERYWHERE) attributes.delete(attribute);
    return { name, type: typeOf(metric), unit, attributes: [...attributes].sort() };
  });
  const byName = (a: Row, b: Row): number => a.name.localeCompare(b.name);
  expect(documented.sort(byName)).toEqual(real.sort(byName));
});
