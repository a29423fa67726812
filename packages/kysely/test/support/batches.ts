import type { Batch, Columns, Entry, Extra, Filters, SinkContext } from '@sluice/core';
import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';

/** Increments as they are made, in order: what `incr` takes. */
export type Increment = readonly [
  model: string,
  columns: Columns,
  filters: Filters,
  extra?: Extra,
  signalOnly?: boolean,
];

/** One batch of increments, made as a worker gets it, but larger than a worker gets it if need be. */
export async function batchOf(
  increments: readonly Increment[],
  { id, attempt = 1, partition = 0 }: { id?: string; attempt?: number; partition?: number } = {},
): Promise<Batch> {
  const entries: Entry[] = [];
  let made: Batch | undefined;
  const buffer = createBuffer({
    backend: memory(),
    partitions: 1,
    batchSize: 10_000,
    sink: async (batch) => {
      made = batch;
      entries.push(...batch.entries);
    },
  });
  await Promise.all(
    increments.map(([model, columns, filters, extra, signalOnly = false]) =>
      buffer.incr(model, columns, filters, extra, { signalOnly }),
    ),
  );
  await buffer.processPending();
  await buffer.close();
  if (made === undefined) throw new Error('no increments, no batch');
  return { ...made, id: id ?? made.id, attempt, partition, entries };
}

export const context: SinkContext = {
  // Each batch has its own.
  get signal() {
    return new AbortController().signal;
  },
  leaseMs: 30_000,
  ageMs: 0,
  logger: { warn() {}, error() {} },
};
