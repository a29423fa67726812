import {
  type Counter,
  type Histogram,
  type Meter,
  type Observable,
  type ObservableGauge,
  ValueType,
} from '@opentelemetry/api';

/** All metrics. `docs/observability.md` lists them, and a test compares. */
export interface Instruments {
  readonly taken: Counter;
  readonly dropped: Counter;
  readonly written: Counter;
  readonly refused: Counter;
  readonly applied: Counter;
  readonly buried: Counter;
  readonly writes: Counter;
  readonly lost: Counter;
  readonly retried: Counter;
  readonly errors: Counter;
  readonly statsFailures: Counter;
  readonly backendDuration: Histogram;
  readonly sinkDuration: Histogram;
  readonly held: Observable;
  readonly heldAge: ObservableGauge;
  readonly backendFailingAge: ObservableGauge;
  readonly pending: ObservableGauge;
  readonly claimed: ObservableGauge;
  readonly dead: ObservableGauge;
  readonly oldestAge: ObservableGauge;
  readonly attempts: ObservableGauge;
  readonly batchFailingAge: ObservableGauge;
}

// From a reply of a Redis nearby to a sink that waits for a lock.
const BOUNDARIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createInstruments(meter: Meter): Instruments {
  const count = (unit: string, description: string) => ({
    unit: `{${unit}}`,
    description,
    valueType: ValueType.INT,
  });
  const seconds = (description: string) => ({ unit: 's', description });
  const duration = (description: string) => ({
    ...seconds(description),
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  return {
    taken: meter.createCounter(
      'sluice.increments.taken',
      count('increment', 'Increments that this process took.'),
    ),
    dropped: meter.createCounter(
      'sluice.increments.dropped',
      count('increment', 'Increments by count() that failed.'),
    ),
    written: meter.createCounter(
      'sluice.targets.written',
      count('target', 'Targets of writes that the backend applied.'),
    ),
    refused: meter.createCounter(
      'sluice.targets.refused',
      count('target', 'Targets of these writes that it left out.'),
    ),
    applied: meter.createCounter('sluice.targets.applied', count('target', 'Targets that the sink applied.')),
    buried: meter.createCounter(
      'sluice.targets.buried',
      count('target', 'Targets that became dead letters.'),
    ),
    writes: meter.createCounter(
      'sluice.writes.sent',
      count('write', 'Writes that the backend replied to, repeats included.'),
    ),
    lost: meter.createCounter(
      'sluice.writes.lost',
      count('write', 'Writes that the backend acknowledged and no longer has.'),
    ),
    retried: meter.createCounter('sluice.batches.retried', count('batch', 'Deliveries that failed.')),
    errors: meter.createCounter('sluice.errors', count('error', 'Failures in the background.')),
    statsFailures: meter.createCounter(
      'sluice.stats.failures',
      count('failure', 'Collections for which the backend did not say what it holds.'),
    ),
    backendDuration: meter.createHistogram(
      'sluice.backend.operation.duration',
      duration('Calls of the backend.'),
    ),
    sinkDuration: meter.createHistogram('sluice.sink.duration', duration('Runs of the sink.')),
    held: meter.createObservableUpDownCounter(
      'sluice.targets.held',
      count('target', 'Targets in this process that the backend has not acknowledged.'),
    ),
    heldAge: meter.createObservableGauge(
      'sluice.targets.held_age',
      seconds('How long the oldest of them has been held.'),
    ),
    backendFailingAge: meter.createObservableGauge(
      'sluice.backend.failing_age',
      seconds('How long calls of the backend have been failing.'),
    ),
    pending: meter.createObservableGauge(
      'sluice.targets.pending',
      count('target', 'Targets in the backend that no batch holds.'),
    ),
    claimed: meter.createObservableGauge(
      'sluice.targets.claimed',
      count('target', 'Targets in unsettled batches.'),
    ),
    dead: meter.createObservableGauge('sluice.targets.dead', count('target', 'Dead letters.')),
    oldestAge: meter.createObservableGauge(
      'sluice.targets.oldest_age',
      seconds('How long ago the oldest target that is not applied got its first increment.'),
    ),
    attempts: meter.createObservableGauge(
      'sluice.batch.attempts',
      count('attempt', 'Deliveries of the unsettled batch, at most.'),
    ),
    batchFailingAge: meter.createObservableGauge(
      'sluice.batch.failing_age',
      seconds('How long the unsettled batch has been failing, at most.'),
    ),
  };
}
