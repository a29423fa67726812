import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import type { BufferStats, Clock, PartitionStats } from '@sluice/core';
import type { WatchedBuffer } from '@sluice/core/telemetry';
import type { Instruments } from './instruments.js';
import type { Labels } from './labels.js';
import { quietly } from './quietly.js';

/** How long a collection waits for the backend, in milliseconds: Prometheus waits ten seconds, and wants all the rest. */
const PATIENCE_MS = 3000;

/**
 * Observes what a buffer and its backend hold, when metrics are collected, and counts the increments until then. Returns what
 * ends it. Without a clock, the backend is not asked.
 */
export function observeState(
  buffer: WatchedBuffer,
  meter: Meter,
  instruments: Instruments,
  labels: Labels,
  clock: Pick<Clock, 'after'> | undefined,
): () => void {
  const { taken, held, heldAge, backendFailingAge, statsFailures } = instruments;
  const { pending, claimed, dead, oldestAge, attempts, batchFailingAge } = instruments;
  let counted = 0;
  const countTaken = (): void => {
    const { increments } = buffer.health();
    quietly(() => taken.add(increments - counted, labels.ofMetric()));
    counted = increments;
  };
  const stats = new LatestStats(buffer);
  const observe = async (result: BatchObservableResult): Promise<void> => {
    countTaken();
    const health = buffer.health();
    result.observe(held, health.held, labels.ofMetric());
    result.observe(heldAge, health.heldForMs / 1000, labels.ofMetric());
    result.observe(backendFailingAge, health.failingForMs / 1000, labels.ofMetric());
    if (clock === undefined) return;
    try {
      const latest = await stats.within(PATIENCE_MS, clock);
      // What is observed lacks these partitions.
      if (latest.unavailable.length > 0) statsFailures.add(1, labels.ofMetric());
      for (const one of parts(latest, labels)) {
        const attributes = labels.ofMetric(one.partition);
        result.observe(pending, one.pending, attributes);
        result.observe(claimed, one.claimed, attributes);
        result.observe(dead, one.dead, attributes);
        result.observe(oldestAge, one.oldestPendingMs / 1000, attributes);
        result.observe(attempts, one.attempts, attributes);
        result.observe(batchFailingAge, one.failingForMs / 1000, attributes);
      }
    } catch {
      statsFailures.add(1, labels.ofMetric());
    }
  };
  const observables = [
    held,
    heldAge,
    backendFailingAge,
    pending,
    claimed,
    dead,
    oldestAge,
    attempts,
    batchFailingAge,
  ];
  quietly(() => meter.addBatchObservableCallback(observe, observables));
  return () => {
    quietly(() => meter.removeBatchObservableCallback(observe, observables));
    countTaken();
  };
}

/** What is observed of a partition, or of all of them. */
interface Part {
  readonly partition?: number;
  readonly pending: number;
  readonly claimed: number;
  readonly dead: number;
  readonly oldestPendingMs: number;
  readonly attempts: number;
  readonly failingForMs: number;
}

function parts(stats: BufferStats, { byPartition }: Labels): Part[] {
  const each = stats.partitions.map((one) => ({ ...one, ...worst([one]) }));
  return byPartition ? each : [{ ...stats, ...worst(stats.partitions) }];
}

function worst(partitions: readonly PartitionStats[]): Pick<Part, 'attempts' | 'failingForMs'> {
  return {
    attempts: Math.max(0, ...partitions.map(({ batch }) => batch?.attempt ?? 0)),
    failingForMs: Math.max(0, ...partitions.map(({ batch }) => batch?.failingForMs ?? 0)),
  };
}

/** Asks the backend once at a time: a server that is away must not be asked by every collection meanwhile. */
class LatestStats {
  readonly #buffer: WatchedBuffer;
  #asked: Promise<BufferStats> | undefined;

  constructor(buffer: WatchedBuffer) {
    this.#buffer = buffer;
  }

  /** Rejects if there is no reply in time. */
  async within(ms: number, clock: Pick<Clock, 'after'>): Promise<BufferStats> {
    this.#asked ??= this.#buffer.stats().finally(() => {
      this.#asked = undefined;
    });
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(ms, () => reject(new Error('The backend did not reply in time.')));
    });
    try {
      return await Promise.race([this.#asked, late]);
    } finally {
      cancel();
    }
  }
}
