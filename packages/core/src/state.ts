import type { PartitionStats, UnavailablePartition } from './backend.js';
import type { BackendError } from './errors.js';

/** How this process is doing: see {@link Buffer.health}. */
export interface Health {
  /** `failing`: calls of the backend fail, and are repeated. */
  readonly status: 'ready' | 'failing' | 'closed';
  /** How long that has been so, in milliseconds; 0 if it is not. */
  readonly failingForMs: number;
  /** What the calls fail with; left out if they do not. */
  readonly lastError?: BackendError;
  /** Targets in this process that the backend has not acknowledged. */
  readonly held: number;
  /** How long the oldest of them has been held, in milliseconds; 0 if there is none. */
  readonly heldForMs: number;
  /** Increments that were taken since the buffer was made, by {@link Buffer.incr} and {@link Buffer.count}. */
  readonly increments: number;
  /** Increments by {@link Buffer.count} that failed, since the buffer was made. */
  readonly dropped: number;
}

/** What a buffer and its backend hold. */
export interface BufferStats {
  /** Targets in this process that the backend has not acknowledged. */
  readonly held: number;
  /** Increments by {@link Buffer.count} that failed in this process. */
  readonly dropped: number;
  /** Entries in the backend that no batch holds, over all partitions. */
  readonly pending: number;
  /** Entries in unsettled batches. */
  readonly claimed: number;
  /** Dead letters. */
  readonly dead: number;
  /**
   * How long ago the oldest entry, pending or in an unsettled batch, got its first increment, over all partitions, in
   * milliseconds; 0 if there is none.
   */
  readonly oldestPendingMs: number;
  /** Entries that writes of all processes added to the partitions since these began; see {@link PartitionStats.added}. */
  readonly added: number;
  /** Entries that batches took from the partitions since these began. */
  readonly taken: number;
  /** The same for each partition that was ever used, with its unsettled batch: since when that fails, and why. */
  readonly partitions: readonly PartitionStats[];
  /**
   * Partitions that could not be looked at, because one of several servers is away. No number here has what they hold. If
   * all are away, {@link Buffer.stats} rejects.
   */
  readonly unavailable: readonly UnavailablePartition[];
}
