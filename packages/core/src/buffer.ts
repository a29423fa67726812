import type { PartitionStats, Validation } from './backend.js';
import type { DeadLetters } from './dead-letters.js';
import type { BufferEvents, Listener } from './events.js';
import type { Lease } from './processing/lease.js';
import type { Claim, Settlement } from './processing/processor.js';
import type { ProcessReport } from './processing/report.js';
import type { AnySchema, ColumnOf, Columns, Extra, FiltersOf, ModelOf, Schema } from './schema.js';

/** How one increment differs from others. */
export interface IncrementOptions {
  /** The entry is for listeners only: sinks leave the tables alone. Such increments are a target of their own. */
  readonly signalOnly?: boolean;
}

/** What a buffer and its backend hold. */
export interface BufferStats {
  /** Targets in this process that the backend has not acknowledged. */
  readonly held: number;
  /** Entries in the backend that no batch holds, over all partitions. */
  readonly pending: number;
  /** Entries in unsettled batches. */
  readonly claimed: number;
  /** Dead letters. */
  readonly dead: number;
  readonly oldestPendingMs: number;
  readonly partitions: readonly PartitionStats[];
}

/** Adds increments up per target and hands the sums to a sink, in batches. */
export interface Buffer<S extends Schema<S> = AnySchema> extends AsyncDisposable {
  /**
   * Adds amounts to the columns of the target, and sets extra values. Resolves when the backend holds the increment.
   * Rejects with `InvalidInputError` (nothing was counted; mend the call), with `IncrementError`, whose `outcome` says
   * whether the increment may have been counted, or with `ERR_SLUICE_CLOSED` once the buffer is closed.
   */
  incr<M extends ModelOf<S>>(
    model: M,
    columns: Columns<S, M>,
    filters: FiltersOf<S, M>,
    extra?: Extra<S, M>,
    options?: IncrementOptions,
  ): Promise<void>;

  /** The sums that are pending in the backend and not yet claimed: 0 for what is not there. */
  get<M extends ModelOf<S>, C extends ColumnOf<S, M>>(
    model: M,
    columns: readonly C[],
    filters: FiltersOf<S, M>,
  ): Promise<Record<C, number>>;

  /** Resolves when the backend holds every increment made before. Rejects with the first error if it refused any. */
  flush(): Promise<void>;

  /**
   * Applies what is pending: in one partition, or in every partition that the backend holds, whatever number of
   * partitions put it there. What the sink throws is handled (see the `retry` and `buried` events) and counted in
   * the report. Rejects when the backend fails; several failing partitions make one `PartitionsFailedError`.
   */
  processPending(partition?: number): Promise<ProcessReport>;

  /** Claims one batch, for callers that schedule the work themselves: pass the lease to `process`. */
  claim(partition: number): Promise<Claim<S>>;

  /** Gives a leased batch to the sink, renews the lease meanwhile, and settles it. */
  process(lease: Lease<S>): Promise<Settlement>;

  stats(): Promise<BufferStats>;

  /** Entries that were given up: list, redrive, discard. */
  readonly deadLetters: DeadLetters<S>;

  /** Checks the backend's server. Rejects with `ERR_SLUICE_UNSAFE_BACKEND` if its settings can drop what is pending. */
  validate(): Promise<Validation>;

  /** Calls the listener for each such event; returns what removes it. */
  on<E extends keyof BufferEvents<S>>(event: E, listener: Listener<BufferEvents<S>[E]>): () => void;

  /**
   * Writes what is held and lets running sinks end, within `closeTimeoutMs`; then closes the backend, within as long
   * again. Increments that could not be written by then are rejected. Further calls are refused. May be called twice.
   */
  close(): Promise<void>;
}
