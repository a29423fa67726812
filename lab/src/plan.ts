import type { Schedule } from './nemesis/nemesis.js';

/** One run of the laboratory: its workload, and the rounds of faults. */
export interface Plan {
  readonly rounds: readonly Round[];
  readonly producers: number;
  readonly workers: number;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  /** The share of transactions that are slow: they take up to most of a lease. */
  readonly slowShare: number;
  /** The average time between two bursts of a producer. */
  readonly paceMs: number;
  /** The share of producers that soon give up a write, and then do not know whether it was applied. */
  readonly impatientShare: number;
}

/** Faults that are injected side by side; then everything is drained and checked. */
export interface Round extends Schedule {
  /** After that, the dead letters are made pending again and applied. */
  readonly redrive?: boolean;
}
