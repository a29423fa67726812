import type { Fields, Refusal, StoredDeadLetter, StoredEntry } from '@sluice/core/backend';

/** All that a memory backend holds, as plain data: for a test to compare, or to keep and restore. */
export type MemorySnapshot = Readonly<Record<number, PartitionState>>;

/** What the backend holds of one partition. */
export interface PartitionState {
  readonly epoch: string;
  /** The numbers of partitions that producers joined with. */
  readonly counts: Set<number>;
  /** How many writes were applied, which is the position of the latest one. */
  applied: number;
  /** Records that lie below this position may have been removed. */
  floor: number;
  /** The last write of each producer, in the order of their positions. */
  readonly producers: Map<string, ProducerRecord>;
  /** By target key, in the order of their first increment. */
  readonly pending: Map<string, Fields>;
  batch: BatchState | undefined;
  /** How many batches there were, which is the number of the latest one. */
  batches: number;
  /** Entries of writes that were added, merged ones included. */
  added: number;
  /** Entries that batches took. */
  taken: number;
  /** The tokens that settled the latest leases: repeating a settlement returns `true` again. */
  settledBy: readonly string[];
  readonly dead: Map<string, DeadLetter>;
}

/** The last write of a producer. */
export interface ProducerRecord {
  readonly number: number;
  readonly position: number;
  readonly nonce: string;
  readonly refused: readonly Refusal[];
}

/** The unsettled batch of a partition. */
export interface BatchState {
  readonly id: string;
  readonly number: number;
  readonly entries: readonly StoredEntry[];
  readonly madeAt: number;
  /** The token of the claim that leased it; `undefined`: given back, so that nobody holds it. */
  claimToken: string | undefined;
  /** Who made that claim, and when. */
  worker: string;
  leasedAt: number;
  attempt: number;
  /** When the lease runs out, or when the batch is to be delivered again. */
  dueAt: number;
  /** How long that was away when it was set, so that a clock that is set back does not make the wait longer. */
  waitMs: number;
  /** How many deliveries failed by a verdict. */
  failures: number;
  lastError: string | undefined;
  failingSince: number | undefined;
}

/** A dead letter, and the number of the batch that it was in. */
export interface DeadLetter extends StoredDeadLetter {
  readonly entry: StoredEntry;
  readonly batchNumber: number;
}

/** A partition that nothing was written to. */
export function newPartition(epoch: string): PartitionState {
  return {
    epoch,
    counts: new Set(),
    applied: 0,
    floor: 0,
    producers: new Map(),
    pending: new Map(),
    batch: undefined,
    batches: 0,
    added: 0,
    taken: 0,
    settledBy: [],
    dead: new Map(),
  };
}

/** What the unsettled batch holds of a target. */
export function claimedFields({ batch }: PartitionState, key: string): Fields | undefined {
  return batch?.entries.find((entry) => entry.key === key)?.fields;
}
