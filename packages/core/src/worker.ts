import type { Buffer } from './buffer.js';
import { PartitionsFailedError, SluiceError } from './errors.js';
import { LOG, type Log, processLog } from './logger.js';
import { type Clock, pause, systemClock } from './support/clock.js';
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
   * How long to wait between two rounds, in milliseconds. The longer, the more increments of a target merge into one row
   * update. A batch that is due earlier is not kept waiting.
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

/** Runs {@link Buffer.processPending} again and again, from its creation until it is stopped. */
export interface Worker extends AsyncDisposable {
  /** Starts no further round; resolves when the running one has ended. Never rejects. The buffer stays open. */
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
  const rounds = new Rounds(log);
  const stopping = new AbortController();
  const report = async (error: unknown): Promise<void> => {
    try {
      await (onError === undefined ? rounds.failed(error) : onError(error));
    } catch (cause) {
      rounds.threw(cause);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const { busy, dueInMs = intervalMs } = await buffer.processPending();
        // What failed in the round before may be what is busy now.
        if (busy.length === 0) rounds.succeeded();
        await pause(clock, Math.max(1, Math.min(intervalMs, dueInMs)), stopping.signal);
      } catch (error) {
        await report(error);
        if (isClosed(error)) return;
        await pause(clock, intervalMs, stopping.signal);
      }
    }
  };
  const running = run();
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Logs the rounds that fail, for each reason once, until a round succeeds. */
class Rounds {
  readonly #log: Log;
  readonly #failures = new Set<string>();
  /** What `onError` threw last: a bug in it is logged once. */
  #thrown: string | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  failed(error: unknown): void {
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
  threw(cause: unknown): void {
    const reason = reasonOf(cause);
    if (reason === this.#thrown) return;
    this.#thrown = reason;
    this.#log.error(
      `The option "onError" of a worker threw: ${reason}. While it throws the same, that is not logged again.`,
    );
  }

  succeeded(): void {
    if (this.#failures.size === 0) return;
    this.#failures.clear();
    this.#log.warn('A worker processes what is pending again.');
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
