import type { Attributes } from '@opentelemetry/api';

/** The attributes that metrics and spans have. Names are those of the semantic conventions where these have one. */
export class Labels {
  readonly #all: Attributes;
  readonly #byPartition: boolean;

  constructor(all: Attributes, byPartition: boolean) {
    this.#all = all;
    this.#byPartition = byPartition;
  }

  /** Of a metric, with its partition only if the user wants to distinguish them. */
  ofMetric(partition?: number, more?: Attributes): Attributes {
    return this.#byPartition ? this.ofSpan(partition, more) : { ...this.#all, ...more };
  }

  ofSpan(partition?: number, more?: Attributes): Attributes {
    return { ...this.#all, ...(partition !== undefined && { 'sluice.partition': partition }), ...more };
  }

  /** Whether partitions are distinguished. */
  get byPartition(): boolean {
    return this.#byPartition;
  }
}
