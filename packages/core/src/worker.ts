import type { Buffer } from './buffer.js';
import { type Clock, pause, systemClock } from './clock.js';
import { InvalidInputError } from './errors.js';
import { warn } from './events.js';
import { describe } from './target.js';

export interface WorkerOptions {
  /** How long to wait when there is nothing to do, in milliseconds. Default 1000. */
  readonly idleMs?: number;
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

/** Starts a worker. Any number of workers, in any number of processes, may run on one backend. */
export function createWorker(buffer: Pick<Buffer<never>, 'processPending'>, options: WorkerOptions = {}): Worker {
  const { idleMs = 1000, onError = warn, clock = systemClock } = options;
  if (!Number.isInteger(idleMs) || idleMs < 1) {
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_OPTION',
      `The option "idleMs" must be an integer of at least 1; it is ${describe(idleMs)}.`,
    );
  }
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const waitMs = await round(buffer, idleMs, onError);
      if (waitMs > 0) await pause(clock, waitMs, stopping.signal);
    }
  };
  const running = run();
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Processes once, and answers how long to wait before the next round. */
async function round(
  buffer: Pick<Buffer<never>, 'processPending'>,
  idleMs: number,
  onError: (error: unknown) => void,
): Promise<number> {
  try {
    const { batches, buried, dueInMs = idleMs } = await buffer.processPending();
    return batches + buried > 0 ? 0 : Math.max(1, Math.min(idleMs, dueInMs));
  } catch (error) {
    onError(error);
    return idleMs;
  }
}
