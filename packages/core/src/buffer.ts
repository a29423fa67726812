import type { Validation } from './backend.js';
import type { DeadLetters } from './dead-letters.js';
import type { BufferEvents, Listener } from './events.js';
import type { Claim } from './processing/claiming.js';
import type { Lease } from './processing/lease.js';
import type { GivenUp } from './processing/processor.js';
import type { ProcessReport } from './processing/report.js';
import type { Settlement } from './processing/settler.js';
import type { AnySchema, ColumnOf, Columns, Entry, Extra, FiltersOf, ModelOf, Schema } from './schema.js';
import type { BufferStats, Health } from './state.js';

/** How one increment differs from others. */
export interface IncrementOptions {
  /**
   * The entry is for listeners only: sinks leave the tables alone. Such increments are a target of their own.
   * @default false
   */
  readonly signalOnly?: boolean;
}

/** What one partition holds of a target: see {@link Buffer.peek}. */
export interface HeldEntry<S extends Schema<S> = AnySchema> {
  readonly partition: number;
  /** Whether it is in the partition's unsettled batch; if not, it is pending. */
  readonly isClaimed: boolean;
  readonly entry: Omit<Entry<S>, 'firstAt'>;
}

/**
 * Adds increments up per target and hands the sums to a sink, in batches. {@link createBuffer} makes one.
 *
 * A backend that fails is called again for `writeTimeoutMs`. After that, increments reject with an
 * {@link IncrementError}, and other calls with the backend's {@link BackendError}. Once the buffer is closed, whatever
 * returns a promise rejects with `ERR_SLUICE_CLOSED`, but for `close()` itself.
 */
export interface Buffer<S extends Schema<S> = AnySchema> extends AsyncDisposable {
  /**
   * Adds amounts to the columns of the target, and sets extra values. Resolves when the backend holds the increment.
   * Rejects with {@link InvalidInputError} (the increment was not counted; fix the arguments), with
   * {@link IncrementError}, whose `outcome` says whether the increment may have been counted, or with
   * `ERR_SLUICE_CLOSED` once the buffer is closed.
   *
   * @example
   * ```ts
   * await buffer.incr('Page', { views: 1 }, { path: '/docs' }, { lastSeen: max(new Date()), title: 'Docs' });
   * ```
   * @param model - What the sink knows the table by.
   * @param columns - The amounts, by column: integers, which may be negative.
   * @param filters - The values that pick the row.
   * @param extra - Values to set. The last one wins, unless it is wrapped in {@link max} or {@link min}.
   */
  incr<M extends ModelOf<S>>(
    model: M,
    columns: Columns<S, M>,
    filters: FiltersOf<S, M>,
    extra?: Extra<S, M>,
    options?: IncrementOptions,
  ): Promise<void>;

  /**
   * Counts like {@link Buffer.incr}, for callers that go on at once whatever becomes of it. Returns nothing, and never
   * throws: what fails, bad arguments included, is reported by the event `dropped`, and counted in {@link Buffer.stats}. Call
   * {@link Buffer.flush} or {@link Buffer.close} before the process ends.
   *
   * @example
   * ```ts
   * buffer.count('Page', { views: 1 }, { path: '/docs' });
   * ```
   */
  count<M extends ModelOf<S>>(
    model: M,
    columns: Columns<S, M>,
    filters: FiltersOf<S, M>,
    extra?: Extra<S, M>,
    options?: IncrementOptions,
  ): void;

  /**
   * Reads what the backend holds for the target and nobody is known to have applied: what is pending, and what is in an
   * unsettled batch, whichever of the services on this backend counted it, however many partitions each of them has; 0
   * for a column without any. Dead letters, and increments that are not acknowledged yet, are not in it.
   *
   * Add it to the row for the count up to now, and read the row *after* this: a batch that is applied in between is then
   * counted twice for a moment, until the worker has settled it, but never left out. One round trip.
   *
   * Rejects with {@link InvalidInputError}, with `ERR_SLUICE_CORRUPT_ENTRY` naming the target if an entry of it is
   * unreadable, or with `ERR_SLUICE_OVERFLOW` if a sum passes ±(2^53 − 1), rather than round it.
   *
   * @example
   * ```ts
   * const { views } = await buffer.get('Page', ['views'], { path: '/docs' });
   * ```
   */
  get<M extends ModelOf<S>, C extends ColumnOf<S, M>>(
    model: M,
    columns: readonly C[],
    filters: FiltersOf<S, M>,
  ): Promise<Record<C, number>>;

  /**
   * The same as {@link Buffer.get} for many targets, such as a page of counters, in one round trip to each node of the
   * backend. The results are in the order of the filters; one target may be named more than once.
   *
   * @example
   * ```ts
   * const pages = [{ path: '/' }, { path: '/docs' }];
   * const [home, docs] = await buffer.getMany('Page', ['views'], pages);
   * ```
   */
  getMany<M extends ModelOf<S>, C extends ColumnOf<S, M>>(
    model: M,
    columns: readonly C[],
    filtersList: readonly FiltersOf<S, M>[],
  ): Promise<Record<C, number>[]>;

  /**
   * Everything that the backend holds for the target and nobody is known to have applied, entry by entry: what
   * {@link Buffer.get} adds up, with all columns and extra values, and with what is signal-only. For operators.
   * Rejects as `get` does.
   *
   * @example
   * ```ts
   * for (const { partition, isClaimed, entry } of await buffer.peek('Page', { path: '/docs' }))
   *   console.log(partition, isClaimed ? 'in the batch' : 'pending', entry.columns, entry.extra);
   * ```
   */
  peek<M extends ModelOf<S>>(model: M, filters: FiltersOf<S, M>): Promise<HeldEntry<S>[]>;

  /**
   * Writes what is held, whatever `lingerMs` says. Resolves when the backend holds every increment made before; rejects
   * with the first {@link IncrementError} if it does not get some of them.
   */
  flush(): Promise<void>;

  /**
   * Applies what is pending: in one partition, or in every partition that the backend holds, regardless of how many
   * partitions the buffers that wrote it are configured with. A partition that this buffer is processing already is left
   * alone, and reported as busy. What the sink throws is handled (see the `retry` and `buried` events) and counted in the
   * report.
   * Rejects when the backend fails; several failing partitions make one {@link PartitionsFailedError}. Also rejects with
   * `ERR_SLUICE_NO_SINK`, or with {@link InvalidInputError} `ERR_SLUICE_INVALID_PARTITION`.
   *
   * @example
   * ```ts
   * const { entries, retried } = await buffer.processPending();
   * ```
   */
  processPending(partition?: number): Promise<ProcessReport>;

  /**
   * The partitions that have something to process, in ascending order: what is pending, or a batch that is not settled,
   * whichever of the services on this backend counted it. For callers that spread the work themselves: see {@link Engine}.
   *
   * @example
   * ```ts
   * for (const partition of await buffer.pendingPartitions()) await buffer.processPending(partition);
   * ```
   */
  pendingPartitions(): Promise<number[]>;

  /**
   * Claims one batch, for callers that schedule the work themselves: pass the lease to {@link Buffer.process}.
   * Rejects with {@link InvalidInputError} `ERR_SLUICE_INVALID_PARTITION`.
   *
   * @example
   * ```ts
   * const claim = await buffer.claim(0);
   * if (claim.status === 'leased') await buffer.process(claim.lease);
   * ```
   */
  claim(partition: number): Promise<Claim<S>>;

  /**
   * Gives a leased batch to the sink, renews the lease meanwhile, and settles it. When the sink throws, the batch is
   * delivered again, or given up: see {@link BufferOptions.maxAttempts} and {@link BufferOptions.giveUpAfterMs}.
   * Rejects with `ERR_SLUICE_NO_SINK`, or with {@link InvalidInputError} if the argument is not a lease.
   */
  process(lease: Lease<S>): Promise<Settlement>;

  /**
   * Gives up the batch that waits in a partition for its next delivery now: for an operator who has seen that it cannot be
   * applied. The sink makes sure of it, as for any batch that is given up: see {@link Sink.giveUp}. The entries become
   * dead letters, unless an earlier delivery applied them after all.
   * Rejects with what the sink throws, for instance because its database is away: then the batch is kept. Also with
   * `ERR_SLUICE_NO_SINK`, or with {@link InvalidInputError} `ERR_SLUICE_INVALID_PARTITION`.
   *
   * @example
   * ```ts
   * const { partitions } = await buffer.stats();
   * for (const { partition, batch } of partitions) {
   *   if (batch?.lastError?.includes('check constraint')) console.log(await buffer.giveUp(partition));
   * }
   * ```
   */
  giveUp(partition: number): Promise<GivenUp>;

  /** Counts what this process and the backend hold. */
  stats(): Promise<BufferStats>;

  /**
   * How this process is doing, at once and without the backend: for a readiness probe. It never throws, also once the
   * buffer is closed.
   *
   * @example
   * ```ts
   * const { status, failingForMs } = buffer.health();
   * const isReady = status === 'ready' || failingForMs < 10_000;
   * ```
   */
  health(): Health;

  /** Entries that were given up: list, redrive, discard. */
  readonly deadLetters: DeadLetters<S>;

  /**
   * Checks the backend's server. Rejects with `ERR_SLUICE_UNSAFE_BACKEND` if its settings can drop what is pending.
   *
   * @example
   * ```ts
   * const { durability, advice } = await buffer.validate();
   * if (durability !== 'every-write') console.warn(advice.join('\n'));
   * ```
   */
  validate(): Promise<Validation>;

  /**
   * Calls the listener for each such event; returns what removes it. A listener that throws, or rejects, breaks nothing:
   * see the event `error`.
   *
   * @example
   * ```ts
   * buffer.on('processed', ({ durationMs }) => metrics.gauge('ms_per_batch', durationMs));
   * ```
   * @throws {@link InvalidInputError} `ERR_SLUICE_INVALID_ARGUMENT` if there is no such event, or the listener is not a
   * function
   */
  on<E extends keyof BufferEvents<S>>(event: E, listener: Listener<BufferEvents<S>[E]>): () => void;

  /**
   * Writes what is held and lets running sinks end, within `closeTimeoutMs`; then closes the backend, within as long
   * again. Increments that could not be written by then are rejected, and the event `error` says so; this call never
   * rejects for them. Further calls are refused. May be called twice. `await using` calls it, too.
   */
  close(): Promise<void>;
}
