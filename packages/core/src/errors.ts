import { BrandedError } from './support/branded-error.js';
import { excerpt, quote } from './support/text.js';

/** Every code that an error of Sluice has: `docs/errors.md` says what each means. */
export const ERROR_CODES = [
  'ERR_SLUICE_INVALID_OPTION',
  'ERR_SLUICE_INVALID_NAME',
  'ERR_SLUICE_INVALID_AMOUNT',
  'ERR_SLUICE_INVALID_FILTER',
  'ERR_SLUICE_INVALID_EXTRA',
  'ERR_SLUICE_INVALID_ARGUMENT',
  'ERR_SLUICE_INVALID_PARTITION',
  'ERR_SLUICE_INVALID_URL',
  'ERR_SLUICE_UNKNOWN_SCHEME',
  'ERR_SLUICE_MISSING_PACKAGE',
  'ERR_SLUICE_BROKEN_PACKAGE',
  'ERR_SLUICE_TOO_LARGE',
  'ERR_SLUICE_OVERFLOW',
  'ERR_SLUICE_CORRUPT_ENTRY',
  'ERR_SLUICE_FULL',
  'ERR_SLUICE_TOO_MANY_PENDING',
  'ERR_SLUICE_WRITE_FAILED',
  'ERR_SLUICE_WRITE_TIMEOUT',
  'ERR_SLUICE_WRITE_LOST',
  'ERR_SLUICE_CLOSED',
  'ERR_SLUICE_NO_SINK',
  'ERR_SLUICE_NO_LEDGER',
  'ERR_SLUICE_SINK_SETUP',
  'ERR_SLUICE_SINK_DENIED',
  'ERR_SLUICE_SINK_READONLY',
  'ERR_SLUICE_SINK_UNKNOWN',
  'ERR_SLUICE_SINK_UNAVAILABLE',
  'ERR_SLUICE_SINK_TIMEOUT',
  'ERR_SLUICE_LEASE_LOST',
  'ERR_SLUICE_PARTITIONS_FAILED',
  'ERR_SLUICE_LISTENER_FAILED',
  'ERR_SLUICE_UNSAFE_BACKEND',
  'ERR_SLUICE_BACKEND_UNAVAILABLE',
  'ERR_SLUICE_BACKEND_FULL',
  'ERR_SLUICE_BACKEND_LOADING',
  'ERR_SLUICE_BACKEND_READONLY',
  'ERR_SLUICE_BACKEND_UNREPLICATED',
  'ERR_SLUICE_BACKEND_DENIED',
  'ERR_SLUICE_BACKEND_TLS',
  'ERR_SLUICE_BACKEND_CORRUPT',
  'ERR_SLUICE_BACKEND_PROTOCOL',
  'ERR_SLUICE_BACKEND_FAILED',
  'ERR_SLUICE_INTERNAL',
] as const;

/** The code of an error, which `docs/errors.md` explains. Codes are stable: match on them, not on messages. */
export type SluiceErrorCode = (typeof ERROR_CODES)[number];

/**
 * The root of all errors that Sluice throws or rejects with. `instanceof` also knows those of another copy of this
 * package, its CommonJS build for one.
 *
 * @example
 * ```ts
 * try {
 *   await buffer.flush();
 * } catch (error) {
 *   if (!(error instanceof SluiceError && error.code === 'ERR_SLUICE_CLOSED')) throw error;
 * }
 * ```
 */
export class SluiceError extends BrandedError {
  override get name(): string {
    return 'SluiceError';
  }

  constructor(
    readonly code: SluiceErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The caller passed something that cannot be used. Nothing was counted; fix the arguments and call again. */
export class InvalidInputError extends SluiceError {
  override get name(): string {
    return 'InvalidInputError';
  }
}

/**
 * What is known about an increment whose `incr` rejected: `refused` was certainly not counted, so that it may be
 * sent again; `unknown` may have been counted, so that sending it again may count it twice.
 */
export type Outcome = 'refused' | 'unknown';

/**
 * An increment was not acknowledged: {@link Buffer.incr} rejects with it.
 *
 * @example
 * ```ts
 * try {
 *   await buffer.incr('Page', { views: 1 }, { path: '/docs' });
 * } catch (error) {
 *   if (!(error instanceof IncrementError)) throw error;
 *   report(error.outcome === 'refused' ? 'not counted: may be sent again' : 'may have been counted');
 * }
 * ```
 */
export class IncrementError extends SluiceError {
  override get name(): string {
    return 'IncrementError';
  }

  /** The partition of the target. */
  readonly partition: number;
  /** Whether the increment may have been counted. */
  readonly outcome: Outcome;

  constructor(
    code: SluiceErrorCode,
    message: string,
    detail: { partition: number; outcome: Outcome; cause?: unknown },
  ) {
    super(code, message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.partition = detail.partition;
    this.outcome = detail.outcome;
  }
}

/** A batch could not be processed, or its lease is no longer this worker's. */
export class ProcessingError extends SluiceError {
  override get name(): string {
    return 'ProcessingError';
  }
}

/**
 * A sink throws it when it came to no verdict about a batch, since its database is away, overloaded or not set up. The batch
 * is delivered again, as often as it takes: such a delivery does not count towards `maxAttempts`.
 *
 * @example
 * ```ts
 * const sink: Sink = async ({ entries }) => {
 *   const client = await pool.connect().catch((cause: unknown) => {
 *     throw new SinkUnavailableError('PostgreSQL cannot be reached', { cause });
 *   });
 *   await applyEntries(client, entries).finally(() => client.release());
 * };
 * ```
 */
export class SinkUnavailableError extends ProcessingError {
  override get name(): string {
    return 'SinkUnavailableError';
  }

  constructor(message: string, options: { code?: SluiceErrorCode; cause?: unknown } = {}) {
    const { code = 'ERR_SLUICE_SINK_UNAVAILABLE', ...rest } = options;
    super(code, message, rest);
  }
}

/** Several partitions failed in one {@link Buffer.processPending}; the others were processed. */
export class PartitionsFailedError extends SluiceError {
  override get name(): string {
    return 'PartitionsFailedError';
  }

  constructor(
    /** What each of them failed with. */
    readonly errors: readonly unknown[],
  ) {
    super(
      'ERR_SLUICE_PARTITIONS_FAILED',
      `${errors.length} partitions could not be processed; see \`errors\`, the first is the cause. What is pending stays pending.`,
      { cause: errors[0] },
    );
  }
}

/** A backend could not do what was asked. A `Backend` rejects with it alone, but for what its `read` says. */
export class BackendError extends SluiceError {
  override get name(): string {
    return 'BackendError';
  }

  /** Whether the same call may succeed if it is simply made again. */
  readonly retryable: boolean;
  /** `refused`: the call certainly changed nothing. `unknown`: its reply was lost, it may have taken effect. */
  readonly outcome: Outcome;

  constructor(
    code: SluiceErrorCode,
    message: string,
    detail: { retryable: boolean; outcome: Outcome; cause?: unknown },
  ) {
    super(code, message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.retryable = detail.retryable;
    this.outcome = detail.outcome;
  }
}

/** A sum would leave the range in which integers are exact. Nothing of the merge took place. */
export class OverflowError extends SluiceError {
  override get name(): string {
    return 'OverflowError';
  }

  constructor(
    /** The name of the field, which begins with the mark of its rule: see `Fields`. */
    readonly field: string,
    /** The key of the target, if one is known. */
    target?: string,
  ) {
    const whose = target === undefined ? '' : ` of ${excerpt(target)}`;
    super(
      'ERR_SLUICE_OVERFLOW',
      `The sum ${quote(field.slice(1))}${whose} would pass ±(2^53 − 1), where integers stop being exact. Apply what is pending, or count in larger units.`,
    );
  }
}

/** Stored text is not what Sluice wrote. Such an entry becomes a dead letter when its partition is processed. */
export class CorruptEntryError extends SluiceError {
  override get name(): string {
    return 'CorruptEntryError';
  }

  constructor(message: string, options?: { cause?: unknown }) {
    super('ERR_SLUICE_CORRUPT_ENTRY', message, options);
  }
}
