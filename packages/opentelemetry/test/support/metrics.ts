import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

/** Reads when it is asked to. */
class ManualReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** An SDK whose metrics a test looks at. */
export class TestMeters {
  readonly #reader = new ManualReader();
  readonly provider = new MeterProvider({ readers: [this.#reader] });

  async all(): Promise<MetricData[]> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  }

  /** Each value of a metric with its attributes; of a histogram, how many there are. */
  async points(name: string): Promise<[Attributes, unknown][]> {
    const metric = (await this.all()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []).map(({ attributes, value }) => [
      attributes,
      typeof value === 'number' ? value : value.count,
    ]);
  }

  /** The value of a metric that has one. */
  async value(name: string): Promise<unknown> {
    const points = await this.points(name);
    if (points.length !== 1) throw new Error(`${name} has ${points.length} values`);
    return points[0]?.[1];
  }

  /** The same of a metric with these attributes, among others. */
  async valueOf(name: string, wanted: Attributes): Promise<unknown> {
    const points = await this.points(name);
    const found = points.filter(([attributes]) =>
      Object.entries(wanted).every(([key, value]) => attributes[key] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, [, value]) => sum + Number(value), 0);
  }
}
