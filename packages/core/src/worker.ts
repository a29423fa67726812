import type { Buffer } from './buffer.js';
import { PartitionsFailedError, SluiceError } from './errors.js';
import { LOG, type Log, processLog } from './logger.js';
import type { ProcessReport } from './processing/report.js';
import { begunOf } from './processing/round.js';
import { Alarm } from './support/alarm.js';
import { type Clock, systemClock } from './support/clock.js';
import { codedReasonOf, reasonOf } from './support/reason.js';
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
  /** For tests: what the interval is measured by. By default the system's time. */
  readonly clock?: Clock;
}

/** Does what {@link Buffer.processPending} does again and again, from its creation until it is stopped. */
export interface Worker extends AsyncDisposable {
  /** Starts no further round; resolves when those that run have ended. Never rejects. The buffer stays open. */
  stop(): Promise<void>;
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
  buffer: Pick<Buffer<never>, 'processPending'>,
  options: WorkerOptions = {},
): Worker {
  const log = (buffer as { readonly [LOG]?: Log } | null)?.[LOG] ?? processLog;
  const { intervalMs, onError, clock } = resolveOptions(buffer, options);
  const rounds = new RoundLog(log, onError);
  const worker = new RoundWorker(() => buffer.processPending(), rounds, intervalMs, clock);
  return { stop: () => worker.stop(), [Symbol.asyncDispose]: () => worker.stop() };
}

/**
 * Begins rounds at an interval, without waiting for the end of the last one: a partition that stands still must not keep
 * the others waiting. A round begins only after the one before knows its partitions, so rounds do not pile up: each of
 * those that have not ended holds a partition of its own.
 */
class RoundWorker {
  readonly #process: () => Promise<ProcessReport>;
  readonly #rounds: RoundLog;
  readonly #intervalMs: number;
  readonly #running: Promise<void>;
  readonly #unended = new Set<Promise<void>>();
  /** Rings when the next round is due. */
  #next: Alarm;
  #stopped = false;

  constructor(process: () => Promise<ProcessReport>, rounds: RoundLog, intervalMs: number, clock: Clock) {
    this.#process = process;
    this.#rounds = rounds;
    this.#intervalMs = intervalMs;
    this.#next = new Alarm(clock);
    this.#running = this.#run(clock);
  }

  /** Resolves when all that was begun has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#next.ring();
    return this.#running;
  }

  async #run(clock: Clock): Promise<void> {
    while (!this.#stopped) {
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
      return Promise.resolve(this.#process());
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
          if (dueInMs !== undefined && !this.#stopped) this.#next.in(Math.max(1, dueInMs));
        })
        .catch(() => {}); // The round fails with it.
    }
  }

  async #failed(error: unknown): Promise<void> {
    await this.#rounds.failed(error);
    if (isClosed(error)) void this.stop();
  }
}

/** Reports the rounds that fail: to `onError`, or to the log for each reason once, until a round succeeds. */
class RoundLog {
  readonly #log: Log;
  readonly #onError: WorkerOptions['onError'];
  readonly #failures = new Set<string>();
  /** What `onError` threw last: a bug in it is logged once. */
  #thrown: string | undefined;

  constructor(log: Log, onError: WorkerOptions['onError']) {
    this.#log = log;
    this.#onError = onError;
  }

  async failed(error: unknown): Promise<void> {
    if (this.#onError === undefined) return this.#logFailure(error);
    try {
      await this.#onError(error);
    } catch (cause) {
      this.#threw(cause);
    }
  }

  succeeded(): void {
    if (this.#failures.size === 0) return;
    this.#failures.clear();
    this.#log.warn('A worker processes what is pending again.');
  }

  #logFailure(error: unknown): void {
    const errors = error instanceof PartitionsFailedError ? error.errors : [error];
    const [first] = errors;
    const reason = codedReasonOf(first);
    const failure = first instanceof SluiceError ? first.code : reason;
    if (this.#failures.has(failure)) return;
    this.#failures.add(failure);
    const what = errors.length > 1 ? `${errors.length} partitions` : 'what is pending';
    const next = isClosed(error)
      ? 'The worker ends'
      : 'It goes on; rounds that fail like this one are not logged again until one succeeds';
    this.#log.error(`A worker could not process ${what}: ${reason}. ${next}.`);
  }

  /** The option `onError` threw. */
  #threw(cause: unknown): void {
    const reason = reasonOf(cause);
    if (reason === this.#thrown) return;
    this.#thrown = reason;
    this.#log.error(
      `The option "onError" of a worker threw: ${reason}. While it throws the same, that is not logged again.`,
    );
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'ERR_SLUICE_CLOSED';
}

type Resolved = Required<Omit<WorkerOptions, 'onError'>> & Pick<WorkerOptions, 'onError'>;

function resolveOptions(buffer: unknown, options: WorkerOptions): Resolved {
  if (typeof (buffer as Partial<Buffer> | null)?.processPending !== 'function') {
    throw mustBe(argument('The argument of createWorker()'), 'a buffer', buffer);
  }
  mustBePlainObject(optionsOf('a worker'), options);
  mustBeKnown(optionsOf('a worker'), options, ['intervalMs', 'onError', 'clock']);
  const { intervalMs = 1000, onError, clock = systemClock } = options;
  mustBeInteger(option('intervalMs', 'a worker'), intervalMs, 1, MAX_MS);
  if (onError !== undefined) mustBeFunction(option('onError', 'a worker'), onError);
  mustHaveMethods(option('clock', 'a worker'), clock, ['now', 'after']);
  return { intervalMs, clock, ...(onError !== undefined && { onError }) };
}
