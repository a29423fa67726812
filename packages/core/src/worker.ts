import type { Buffer } from './buffer.js';
import type { Engine } from './engine.js';
import { LOG, type Log, processLog } from './logger.js';
import { EngineRounds } from './processing/engine-rounds.js';
import type { ProcessReport } from './processing/report.js';
import { begunOf } from './processing/round.js';
import { isClosed, RoundLog } from './processing/round-log.js';
import { Alarm } from './support/alarm.js';
import { type Clock, systemClock } from './support/clock.js';
import {
  argument,
  mustBe,
  mustBeFunction,
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
} from './support/validate.js';

/** What {@link createWorker} takes. */
export interface WorkerOptions {
  /**
   * How long to wait between the beginnings of two rounds, in milliseconds. The longer, the more increments of a target
   * merge into one row update. A batch that is due earlier is not kept waiting. A partition that is still being processed
   * is left out of the next round.
   * @default 1000
   */
  readonly intervalMs?: number;
  /**
   * Gets what each failing round rejects with: the backend's failures. By default the buffer's `logger` gets a line when
   * rounds begin to fail, when they fail for another reason, and when they succeed again.
   */
  readonly onError?: (error: unknown) => void;
  /**
   * Where partitions are processed, such as `bullmq()` of `@sluice/bullmq` for the machines that share a queue. By default
   * in this process.
   */
  readonly engine?: Engine;
  /** For tests: what the interval is measured by. By default the system's time. */
  readonly clock?: Clock;
}

/** Does what {@link Buffer.processPending} does again and again, from its creation until it is stopped. */
export interface Worker extends AsyncDisposable {
  /**
   * Starts no further round; resolves when those that run have ended, and the engine, if there is one, is closed. Never
   * rejects. The buffer stays open.
   */
  stop(): Promise<void>;
}

/** What a worker does in a round, and once it begins no more of them. */
interface RoundSource {
  round(): Promise<ProcessReport>;
  close(): Promise<unknown>;
}

function here(buffer: Pick<Buffer<never>, 'processPending'>): RoundSource {
  return { round: () => buffer.processPending(), close: async () => {} };
}

// The longest delay that timers take: beyond it they fire at once.
const MAX_MS = 2 ** 31 - 1;

/**
 * Starts a worker. Any number of workers, in any number of processes, may run on one backend. It ends by itself when
 * its buffer is closed.
 *
 * @example
 * ```ts
 * const worker = createWorker(buffer, { intervalMs: 5000 });
 * process.once('SIGTERM', async () => {
 *   await worker.stop();
 *   await buffer.close();
 * });
 * ```
 * @throws {@link InvalidInputError} `ERR_SLUICE_INVALID_ARGUMENT` if the buffer is not one, `ERR_SLUICE_INVALID_OPTION`
 * naming the option
 */
export function createWorker(
  buffer: Pick<Buffer<never>, 'processPending' | 'pendingPartitions'>,
  options: WorkerOptions = {},
): Worker {
  const log = (buffer as { readonly [LOG]?: Log } | null)?.[LOG] ?? processLog;
  const { intervalMs, onError, engine, clock } = resolveOptions(buffer, options);
  const rounds = new RoundLog(log, onError);
  const source = engine === undefined ? here(buffer) : new EngineRounds(buffer, engine, rounds);
  const worker = new RoundWorker(source, rounds, intervalMs, clock);
  return { stop: () => worker.stop(), [Symbol.asyncDispose]: () => worker.stop() };
}

/**
 * Begins rounds at an interval, without waiting for the end of the last one: a partition that stands still must not keep
 * the others waiting. A round begins only after the one before knows its partitions, so rounds do not pile up: each of
 * those that have not ended holds a partition of its own.
 */
class RoundWorker {
  readonly #source: RoundSource;
  readonly #rounds: RoundLog;
  readonly #intervalMs: number;
  readonly #running: Promise<void>;
  readonly #unended = new Set<Promise<void>>();
  /** Rings when the next round is due. */
  #next: Alarm;
  #stopping: Promise<void> | undefined;

  constructor(source: RoundSource, rounds: RoundLog, intervalMs: number, clock: Clock) {
    this.#source = source;
    this.#rounds = rounds;
    this.#intervalMs = intervalMs;
    this.#next = new Alarm(clock);
    this.#running = this.#run(clock);
  }

  /** Resolves when all that was begun has ended. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#next.ring();
    // Not one after the other: a round may wait for a queue that is away.
    await Promise.all([this.#running, this.#source.close().catch((error) => this.#rounds.failed(error))]);
  }

  async #run(clock: Clock): Promise<void> {
    while (this.#stopping === undefined) {
      const ended = this.#begin();
      this.#follow(ended);
      await begunOf(ended).then(
        ({ drains }) => this.#wakeFor(drains),
        () => {}, // Its end fails, too.
      );
      this.#next.in(this.#intervalMs);
      await this.#next.rung;
      this.#next = new Alarm(clock);
    }
    await Promise.all(this.#unended);
  }

  /** What only looks like a buffer may throw, or return anything. */
  #begin(): Promise<ProcessReport> {
    try {
      return Promise.resolve(this.#source.round());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #follow(ended: Promise<ProcessReport>): void {
    const followed: Promise<void> = ended
      .then(({ busy }) => {
        // What failed in the round before may be what is busy now.
        if (busy.length === 0) this.#rounds.succeeded();
      })
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#unended.delete(followed));
    this.#unended.add(followed);
  }

  /** A batch that waits for its next delivery is not kept waiting by the interval, nor by partitions that stand still. */
  #wakeFor(drains: readonly Promise<ProcessReport>[]): void {
    for (const drain of drains) {
      drain
        .then(({ dueInMs }) => {
          if (dueInMs !== undefined && this.#stopping === undefined) this.#next.in(Math.max(1, dueInMs));
        })
        .catch(() => {}); // The round fails with it.
    }
  }

  async #failed(error: unknown): Promise<void> {
    await this.#rounds.failed(error);
    if (isClosed(error)) void this.stop();
  }
}

type Resolved = Required<Omit<WorkerOptions, 'onError' | 'engine'>> &
  Pick<WorkerOptions, 'onError' | 'engine'>;

function resolveOptions(buffer: unknown, options: WorkerOptions): Resolved {
  if (typeof (buffer as Partial<Buffer> | null)?.processPending !== 'function') {
    throw mustBe(argument('The argument of createWorker()'), 'a buffer', buffer);
  }
  mustBePlainObject(optionsOf('a worker'), options);
  mustBeKnown(optionsOf('a worker'), options, ['intervalMs', 'onError', 'engine', 'clock']);
  const { intervalMs = 1000, onError, engine, clock = systemClock } = options;
  mustBeInteger(option('intervalMs', 'a worker'), intervalMs, 1, MAX_MS);
  if (onError !== undefined) mustBeFunction(option('onError', 'a worker'), onError);
  if (engine !== undefined) mustBeFunction(option('engine', 'a worker'), engine);
  mustHaveMethods(option('clock', 'a worker'), clock, ['now', 'after']);
  return { intervalMs, clock, ...(onError && { onError }), ...(engine && { engine }) };
}
