import type { Backend, Validation } from './backend.js';
import { BackendDeadLetters } from './backend-dead-letters.js';
import type { Buffer, HeldEntry, IncrementOptions } from './buffer.js';
import type { DeadLetters } from './dead-letters.js';
import { InvalidInputError, SluiceError } from './errors.js';
import { type BufferEvents, Emitter, EVENT_NAMES, isEventName, type Listener } from './events.js';
import { LOG, type Log, logTo } from './logger.js';
import { type BufferOptions, type ResolvedOptions, resolveOptions } from './options.js';
import type { Claim } from './processing/claiming.js';
import { Drainer } from './processing/drainer.js';
import { isLease, type Lease } from './processing/lease.js';
import { type GivenUp, Processor } from './processing/processor.js';
import type { ProcessReport } from './processing/report.js';
import { endOf, type Round } from './processing/round.js';
import type { Settlement } from './processing/settler.js';
import { Reader } from './reading/reader.js';
import { bufferStats } from './reading/stats.js';
import type { AnySchema, Columns, Extra, Filters, Schema } from './schema.js';
import type { BufferStats, Health } from './state.js';
import { addUsers } from './support/backend-users.js';
import { pause } from './support/clock.js';
import { Outage } from './support/outage.js';
import { type Retry, retrying } from './support/retry.js';
import { Shutdown } from './support/shutdown.js';
import { messageOf, quote } from './support/text.js';
import { logUnheard } from './support/unheard.js';
import {
  argument,
  describe,
  mustBe,
  mustBeFunction,
  mustBeKnown,
  mustBePartition,
  mustBePlainObject,
} from './support/validate.js';
import { UnawaitedIncrements } from './writing/unawaited.js';
import { Writer } from './writing/writer.js';

/**
 * Makes a buffer. Nothing is opened until it is used. With a schema, `createBuffer<MySchema>()`, the compiler checks the
 * names and values of every increment. To pick the backend by a URL, see {@link openBuffer}.
 *
 * @example
 * ```ts
 * import { memory } from '@sluice/memory';
 *
 * const buffer = createBuffer({
 *   backend: memory(),
 *   sink: async (batch) => console.log(batch.entries),
 * });
 * await buffer.incr('Page', { views: 1 }, { path: '/docs' });
 * await buffer.processPending();
 * await buffer.close();
 * ```
 * @throws {@link InvalidInputError} `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function createBuffer<S extends Schema<S> = AnySchema>(options: BufferOptions<S>): Buffer<S> {
  return new WriteBehindBuffer(resolveOptions(options)) as unknown as Buffer<S>;
}

class WriteBehindBuffer implements Buffer {
  readonly deadLetters: DeadLetters;
  readonly #options: ResolvedOptions;
  readonly #backend: Backend;
  readonly [LOG]: Log;
  readonly #events: Emitter;
  readonly #writer: Writer;
  readonly #unawaited: UnawaitedIncrements;
  /** What may be failing now. */
  readonly #outages: readonly Outage[];
  readonly #processor: Processor;
  readonly #drainer: Drainer;
  readonly #reader: Reader;
  /** Begins when `close()` runs out of time. */
  readonly #shutdown = new Shutdown();
  readonly #withRetry: Retry;
  readonly #working = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;
  /** Lets the telemetry know. */
  readonly #closed: (() => void) | undefined;

  constructor(options: ResolvedOptions) {
    const { clock, telemetry } = options;
    const backend = telemetry?.backend?.(options.backend) ?? options.backend;
    const sink = options.sink && (telemetry?.sink?.(options.sink) ?? options.sink);
    this.#options = options;
    this.#backend = backend;
    const log = logTo(options.logger);
    this[LOG] = log;
    this.#events = new Emitter(logUnheard(log, clock));
    const writes = new Outage('writes', backend.name, this.#events, log, clock);
    this.#writer = new Writer(backend, options, this.#events, writes);
    this.#unawaited = new UnawaitedIncrements(this.#writer, this.#events);
    const calls = new Outage('calls', backend.name, this.#events, log, clock);
    this.#outages = [writes, calls];
    this.#withRetry = retrying(options, calls, this.#shutdown);
    this.#processor = new Processor(backend, { ...options, sink }, this.#events, this.#withRetry, log);
    this.#drainer = new Drainer(backend, options, this.#withRetry, this.#processor);
    this.#reader = new Reader(backend, options.partitions, this.#withRetry);
    this.deadLetters = new BackendDeadLetters(backend, options.partitions, this.#withRetry, () =>
      this.#refuseIfClosed(),
    );
    addUsers(options.backend, 1);
    this.#closed = telemetry?.opened?.(this, (event, listener) => this.#events.watch(event, listener));
  }

  incr(
    model: string,
    columns: Columns,
    filters: Filters,
    extra?: Extra,
    options?: IncrementOptions,
  ): Promise<void> {
    try {
      this.#refuseIfClosed();
      return this.#writer.incr(model, columns, filters, extra, signalOnlyOf(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  count(model: string, columns: Columns, filters: Filters, extra?: Extra, options?: IncrementOptions): void {
    try {
      this.#refuseIfClosed();
      this.#unawaited.count(model, columns, filters, extra, signalOnlyOf(options));
    } catch (error) {
      this.#unawaited.failed({ model, filters, increments: 1 }, error);
    }
  }

  async get<C extends string>(
    model: string,
    columns: readonly C[],
    filters: Filters,
  ): Promise<Record<C, number>> {
    this.#refuseIfClosed();
    return this.#reader.get(model, columns, filters);
  }

  async getMany<C extends string>(
    model: string,
    columns: readonly C[],
    filtersList: readonly Filters[],
  ): Promise<Record<C, number>[]> {
    this.#refuseIfClosed();
    return this.#reader.getMany(model, columns, filtersList);
  }

  async peek(model: string, filters: Filters): Promise<HeldEntry[]> {
    this.#refuseIfClosed();
    return this.#reader.peek(model, filters);
  }

  async flush(): Promise<void> {
    this.#refuseIfClosed();
    await this.#writer.flush();
  }

  processPending(partition?: number): Promise<ProcessReport> {
    return partition === undefined ? endOf(this.#beginRound()) : this.#drain(partition);
  }

  async pendingPartitions(): Promise<number[]> {
    this.#refuseIfClosed();
    return this.#drainer.pendingPartitions();
  }

  async giveUp(partition: number): Promise<GivenUp> {
    this.#mustProcess();
    mustBePartition(partition);
    return this.#track(this.#processor.giveUp(partition));
  }

  async claim(partition: number): Promise<Claim> {
    this.#refuseIfClosed();
    mustBePartition(partition);
    return this.#processor.claim(partition);
  }

  async process(lease: Lease): Promise<Settlement> {
    this.#refuseIfClosed();
    if (!isLease(lease)) {
      throw mustBe(argument('The argument of process()'), 'a lease from claim()', lease);
    }
    return (await this.#track(this.#processor.process(lease))).settlement;
  }

  async stats(): Promise<BufferStats> {
    this.#refuseIfClosed();
    const partitions = await this.#withRetry('stats', () => this.#backend.stats(this.#options.partitions));
    return bufferStats({ held: this.#writer.held, dropped: this.#unawaited.dropped }, partitions);
  }

  health(): Health {
    const failing = this.#outages.reduce((longest, outage) =>
      outage.failingForMs > longest.failingForMs ? outage : longest,
    );
    const { failingForMs, lastError } = failing;
    const { held, heldForMs, increments } = this.#writer;
    const open = failingForMs > 0 ? 'failing' : 'ready';
    return {
      status: this.#closing === undefined ? open : 'closed',
      failingForMs,
      ...(lastError && { lastError }),
      held,
      heldForMs,
      increments,
      dropped: this.#unawaited.dropped,
    };
  }

  async validate(): Promise<Validation> {
    this.#refuseIfClosed();
    return this.#withRetry('validate', () => this.#backend.validate());
  }

  on<E extends keyof BufferEvents>(event: E, listener: Listener<BufferEvents[E]>): () => void {
    if (!isEventName(event)) {
      const shown = typeof event === 'string' ? quote(event) : describe(event);
      throw new InvalidInputError(
        'ERR_SLUICE_INVALID_ARGUMENT',
        `There is no event ${shown}. There are ${EVENT_NAMES.join(', ')}.`,
      );
    }
    mustBeFunction(argument(`The listener of "${event}"`), listener);
    return this.#events.on(event, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work);
    try {
      return await work;
    } finally {
      this.#working.delete(work);
    }
  }

  async #close(): Promise<void> {
    this.#drainer.stop();
    const flushed = this.#writer.flush().catch((error: unknown) => {
      if (!this.#shutdown.hasBegun) this.#events.emit('error', unwritten(error));
    });
    const ended = Promise.allSettled([flushed, ...this.#working]);
    if (!(await this.#within(ended))) {
      this.#events.emit('error', this.#givenUp());
      this.#shutdown.begin();
      this.#processor.abort(closed());
    }
    // What is still held is rejected, and nothing looks for gaps any more.
    this.#writer.shutdown();
    this.#closed?.();
    const { backend } = this.#options;
    const others = addUsers(backend, -1);
    if (others > 0 || (await this.#within(backend.close()))) return;
    this.#events.emit('error', outOfTime(`The ${backend.name} backend had not closed`, this.#options));
  }

  /** What a `close()` whose time is over leaves undone. */
  #givenUp(): SluiceError {
    const { held } = this.#writer;
    const { running } = this.#processor;
    const undone = [
      ...(held > 0 ? [`Targets whose increments were not written, and are rejected: ${held}.`] : []),
      ...(running > 0 ? [`Batches that were being applied, and are delivered again: ${running}.`] : []),
    ];
    return outOfTime('close() gave up what was under way', this.#options, undone);
  }

  /** Whether something ends within `closeTimeoutMs`. */
  async #within(ending: Promise<unknown>): Promise<boolean> {
    const { clock, closeTimeoutMs } = this.#options;
    const timer = new AbortController();
    const timedOut = pause(clock, closeTimeoutMs, timer.signal).then(() => false);
    try {
      return await Promise.race([ending.then(() => true), timedOut]);
    } finally {
      timer.abort();
    }
  }

  async #beginRound(): Promise<Round> {
    this.#mustProcess();
    const { drains, ended } = await this.#track(this.#drainer.beginRound());
    return { drains, ended: this.#track(ended) };
  }

  async #drain(partition: number): Promise<ProcessReport> {
    this.#mustProcess();
    mustBePartition(partition);
    return this.#track(this.#drainer.drain(partition));
  }

  /** @throws SluiceError `ERR_SLUICE_CLOSED` or `ERR_SLUICE_NO_SINK` */
  #mustProcess(): void {
    this.#refuseIfClosed();
    this.#processor.mustHaveSink();
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

function unwritten(cause: unknown): SluiceError {
  const code = cause instanceof SluiceError ? cause.code : 'ERR_SLUICE_WRITE_FAILED';
  const message = `close() could not write all increments; those concerned were rejected. First: ${messageOf(cause)}`;
  return new SluiceError(code, message, { cause });
}

function outOfTime(
  what: string,
  { closeTimeoutMs }: ResolvedOptions,
  undone: readonly string[] = [],
): SluiceError {
  const message = [`${what} after ${closeTimeoutMs} ms (closeTimeoutMs).`, ...undone].join(' ');
  return new SluiceError('ERR_SLUICE_CLOSED', message);
}

const INCREMENT_OPTIONS = /* @__PURE__ */ argument('The options of incr()');
const SIGNAL_ONLY = /* @__PURE__ */ argument('The option "signalOnly" of incr()');

function signalOnlyOf(options: IncrementOptions | undefined): boolean {
  if (options === undefined) return false;
  mustBePlainObject(INCREMENT_OPTIONS, options);
  mustBeKnown(INCREMENT_OPTIONS, options, ['signalOnly']);
  const { signalOnly = false } = options;
  if (typeof signalOnly !== 'boolean') throw mustBe(SIGNAL_ONLY, 'a boolean', signalOnly);
  return signalOnly;
}

function closed(): SluiceError {
  return new SluiceError('ERR_SLUICE_CLOSED', 'The buffer is closed; nothing was done. Make a new one.');
}
