import type { Fields, Refusal, StoredDeadLetter, StoredEntry } from '@sluice/core/backend';

/** All that a memory backend holds, as plain data: for a test to compare, or to keep and restore. */
export type MemorySnapshot = Readonly<Record<number, PartitionState>>;

/** What the backend holds of one partition. */
export interface PartitionState {
  epoch: string;
  /** By target key, in the order of their first increment. */
  readonly pending: Map<string, Fields>;
  batch: BatchState | undefined;
  /** How many batches there were: their ids end with it. */
  batches: number;
  /** The token that settled the last batch: repeating the settlement returns `true` again. */
  settledBy: string | undefined;
  readonly dead: Map<string, StoredDeadLetter>;
  readonly producers: Map<string, ProducerState>;
}

/** The unsettled batch of a partition. */
export interface BatchState {
  readonly id: string;
  readonly entries: readonly StoredEntry[];
  /** The token of the claim that leased it; `undefined`: given back, so that nobody holds it. */
  claimToken: string | undefined;
  attempt: number;
  /** When the lease runs out, or when the batch is to be delivered again. */
  dueAt: number;
}

/** The last write of a producer. */
interface ProducerState {
  number: number;
  refused: readonly Refusal[];
  expiresAt: number;
}
