import type { Buffer } from './buffer.js';
import { type Clock, pause, systemClock } from './clock.js';
import { InvalidInputError, quote, SluiceError } from './errors.js';
import { warn } from './events.js';
import { describe, isRecord } from './target.js';

export interface WorkerOptions {
  /**
   * How long to wait between two rounds, in milliseconds. Default 1000. The longer, the more increments of a target
   * merge into one row update. A batch that is due earlier is not kept waiting.
   */
  readonly intervalMs?: number;
  /** Gets what `processPending` rejects with, the backend's failures. Default: a process warning. */
  readonly onError?: (error: unknown) => void;
  /** For tests. */
  readonly clock?: Clock;
}

/** Runs `processPending` again and again, from its creation until it is stopped. */
export interface Worker extends AsyncDisposable {
  /** Starts no further round; resolves when the running one has ended. The buffer stays open. */
  stop(): Promise<void>;
}

// The longest delay that timers take: beyond it they fire at once.
const MAX_MS = 2 ** 31 - 1;

/**
 * Starts a worker. Any number of workers, in any number of processes, may run on one backend. It ends by itself when
 * its buffer is closed.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_ARGUMENT`, `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function createWorker(
  buffer: Pick<Buffer<never>, 'processPending'>,
  options: WorkerOptions = {},
): Worker {
  const { intervalMs, onError, clock } = resolveOptions(buffer, options);
  const stopping = new AbortController();
  const report = async (error: unknown): Promise<void> => {
    try {
      await onError(error);
    } catch (cause) {
      warn(cause);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const { dueInMs = intervalMs } = await buffer.processPending();
        await pause(clock, Math.max(1, Math.min(intervalMs, dueInMs)), stopping.signal);
      } catch (error) {
        await report(error);
        if (error instanceof SluiceError && error.code === 'ERR_SLUICE_CLOSED') return;
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

function resolveOptions(buffer: unknown, options: WorkerOptions): Required<WorkerOptions> {
  if (typeof (buffer as Partial<Buffer> | null)?.processPending !== 'function') {
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_ARGUMENT',
      `createWorker() takes a buffer, not ${describe(buffer)}.`,
    );
  }
  if (!isRecord(options as unknown)) throw invalid('options', 'a plain object', options);
  const { intervalMs = 1000, onError = warn, clock = systemClock, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_OPTION',
      `There is no option ${quote(name)} of a worker. The options are intervalMs, onError, clock.`,
    );
  }
  if (!Number.isInteger(intervalMs) || intervalMs < 1 || intervalMs > MAX_MS) {
    throw invalid('intervalMs', `an integer from 1 to ${MAX_MS}`, intervalMs);
  }
  if (typeof onError !== 'function') throw invalid('onError', 'a function', onError);
  if (typeof clock?.now !== 'function' || typeof clock.after !== 'function') {
    throw invalid('clock', 'an object with now() and after()', clock);
  }
  return { intervalMs, onError, clock };
}

function invalid(name: string, expected: string, value: unknown): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `The option ${JSON.stringify(name)} of a worker must be ${expected}; it is ${describe(value)}.`,
  );
}
