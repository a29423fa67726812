import type { Watch } from '@sluice/core/telemetry';
import { errorTypeOf } from './error-type.js';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';

/** Counts what a buffer's events say. */
export function countEvents(watch: Watch, instruments: Instruments, labels: Labels): void {
  const { applied, buried, retried, lost, dropped, errors } = instruments;
  watch('processed', ({ batch, entries }) => applied.add(entries.length, labels.ofMetric(batch.partition)));
  watch('buried', ({ batch, entries, unreadable }) =>
    buried.add(entries.length + unreadable, labels.ofMetric(batch.partition)),
  );
  watch('retry', ({ batch, isVerdict }) => {
    const reason = isVerdict ? 'verdict' : 'unavailable';
    retried.add(1, labels.ofMetric(batch.partition, { 'sluice.reason': reason }));
  });
  watch('lost', ({ partition, from, to, reason }) =>
    lost.add(to - from + 1, labels.ofMetric(partition, { 'sluice.reason': reason })),
  );
  watch('dropped', ({ increments }) => dropped.add(increments, labels.ofMetric()));
  watch('error', (error) => errors.add(1, labels.ofMetric(undefined, { 'error.type': errorTypeOf(error) })));
}
