import { BACKEND_METHODS, type Backend, MAX_BATCH_SIZE } from './backend.js';
import { InvalidInputError } from './errors.js';
import type { Logger } from './logger.js';
import type { Sink } from './processing/sink.js';
import type { AnySchema, Schema } from './schema.js';
import { type Clock, type Random, secureRandom, systemClock } from './support/clock.js';
import { MAX_PARTITIONS } from './support/partition.js';
import { processName } from './support/process-name.js';
import {
  mustBe,
  mustBeFunction,
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
} from './support/validate.js';
import type { Telemetry } from './telemetry/telemetry.js';

/** What {@link createBuffer} takes. Only `backend` is required. */
export interface BufferOptions<S extends Schema<S> = AnySchema> {
  /** Where entries wait, such as `memory()` or `redis()` makes. It is closed with the last buffer that uses it. */
  backend: Backend;
  /** Applies batches. A service that only counts has none. */
  sink?: Sink<S>;
  /**
   * How many partitions targets are split over, 1 to 4096.
   * @default 8
   */
  partitions?: number;
  /**
   * Targets a batch, at most, 1 to 10 000.
   * @default 1000
   */
  batchSize?: number;
  /**
   * How long increments gather before they are written, in milliseconds, counted from the write before: what comes after a
   * quiet time is written at once. So no increment waits longer, the partitions are written together, and increments of a
   * target merge in this process, which costs the backend nothing. Gathering ends early when seven eighths of `maxTargets`
   * are held, and is left out while each increment is awaited before the next one. 0 is until the end of the tick.
   * By default the backend decides: 10 with Redis, 0 in memory; and 0 if `clock` is given.
   */
  lingerMs?: number;
  /**
   * Targets held in this process, at most, up to 10 000 000; increments of further targets are refused with
   * `ERR_SLUICE_FULL`.
   * @default 100_000
   */
  maxTargets?: number;
  /**
   * Targets that the backend may hold, over all partitions, before new ones are refused with
   * `ERR_SLUICE_TOO_MANY_PENDING`: a bound for its memory while nothing is applied. The backend is asked once a second at
   * most, so that more may come meanwhile. By default there is no limit.
   */
  maxPending?: number | undefined;
  /**
   * How long a worker may hold a batch without a sign of life, in milliseconds.
   * @default 30_000
   */
  leaseMs?: number;
  /**
   * What `stats()`, the board and the command line call this process while it holds a batch, 1 to 128 characters: no
   * secret. By default its host and process id, `web-1:4711`.
   */
  workerName?: string;
  /**
   * How long a sink may run on a batch, in milliseconds. Then its signal aborts, and the batch is given back whether or not
   * the sink ends: a sink that hangs must not stop its partition for ever. By default ten times `leaseMs`.
   */
  sinkTimeoutMs?: number;
  /**
   * How often a sink must fail on a batch before the batch may be given up, up to 1 000 000. Only failures about the data
   * count: no crash of a worker, lost lease or timeout, and no {@link SinkUnavailableError}.
   * @default 10
   */
  maxAttempts?: number;
  /**
   * How old a batch must be before it may be given up, in milliseconds, up to a year; by default a day. It leaves time to
   * remove the cause. 0: `maxAttempts` alone decides.
   * @default 86_400_000
   */
  giveUpAfterMs?: number;
  /**
   * Milliseconds until the delivery after the given one, 1 being the first. Every delivery counts here, whatever became of
   * it. By default 1 s, doubling to 60 s, each shortened by up to half at random.
   */
  retryDelay?: (attempt: number) => number;
  /**
   * How long a write is repeated before its increments are rejected, in milliseconds. All other calls of
   * the backend are repeated as long.
   * @default 30_000
   */
  writeTimeoutMs?: number;
  /**
   * How long `close()` waits for writes and sinks, in milliseconds.
   * @default 10_000
   */
  closeTimeoutMs?: number;
  /**
   * Partitions that the buffer works on at a time, over all calls of `processPending()`, 1 to 4096.
   * @default 4
   */
  concurrency?: number;
  /**
   * Where failures are logged that no listener of their event hears: `console`, or a logger of pino or winston. By
   * default they become process warnings, which Node writes to stderr.
   */
  logger?: Logger;
  /** What watches the buffer, such as `openTelemetry()` of `@sluice/opentelemetry`. By default nothing does. */
  telemetry?: Telemetry | undefined;
  /** For tests: where the buffer takes its time from. By default the system. */
  clock?: Clock;
  /**
   * For tests: where ids and jitter come from. By default the system's secure generator. Buffers on one backend need
   * different ids, so never one constant.
   */
  random?: Random;
}

/** Without a default. */
type OptionalName = 'sink' | 'logger' | 'maxPending' | 'telemetry';

export type ResolvedOptions = Required<Omit<BufferOptions, OptionalName>> & {
  [N in OptionalName]: BufferOptions[N] | undefined;
};

const DEFAULTS = {
  partitions: 8,
  batchSize: 1000,
  maxTargets: 100_000,
  leaseMs: 30_000,
  maxAttempts: 10,
  giveUpAfterMs: 86_400_000,
  writeTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
  concurrency: 4,
};

// The longest delay that timers take.
const MAX_MS = 2 ** 31 - 1;
const YEAR_MS = 366 * 86_400_000;

const RANGES: Record<keyof typeof DEFAULTS | 'lingerMs' | 'sinkTimeoutMs', readonly [number, number]> = {
  partitions: [1, MAX_PARTITIONS],
  batchSize: [1, MAX_BATCH_SIZE],
  lingerMs: [0, MAX_MS],
  maxTargets: [1, 10_000_000],
  leaseMs: [1, MAX_MS],
  sinkTimeoutMs: [1, MAX_MS],
  maxAttempts: [1, 1_000_000],
  giveUpAfterMs: [0, YEAR_MS],
  writeTimeoutMs: [1, MAX_MS],
  closeTimeoutMs: [0, MAX_MS],
  concurrency: [1, MAX_PARTITIONS],
};

const LONGEST_NAME = 128;

const OPTIONS = /* @__PURE__ */ optionsOf('a buffer');
const KNOWN = [
  ...Object.keys(RANGES),
  'maxPending',
  'workerName',
  'backend',
  'sink',
  'retryDelay',
  'logger',
  'telemetry',
  'clock',
  'random',
];

/**
 * Checks options and fills in the defaults.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function resolveOptions<S extends Schema<S>>(options: BufferOptions<S>): ResolvedOptions {
  mustBePlainObject(OPTIONS, options);
  mustBeKnown(OPTIONS, options, KNOWN);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const clock = options.clock ?? systemClock;
  const random = options.random ?? secureRandom;
  checkBackend(options.backend);
  const resolved = {
    sink: undefined,
    logger: undefined,
    maxPending: undefined,
    telemetry: undefined,
    workerName: processName().slice(0, LONGEST_NAME),
    clock,
    random,
    retryDelay: backoff(random),
    // A clock that a test moves by hand would stop every increment.
    lingerMs: options.clock === undefined ? (options.backend.lingerMs ?? 0) : 0,
    sinkTimeoutMs: Math.min(MAX_MS, 10 * (options.leaseMs ?? DEFAULTS.leaseMs)),
    ...DEFAULTS,
    ...given,
  } as ResolvedOptions;
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    mustBeInteger(option(name), resolved[name], ...RANGES[name]);
  }
  for (const name of ['sink', 'retryDelay', 'random'] as const) {
    if (resolved[name] !== undefined) mustBeFunction(option(name), resolved[name]);
  }
  if (resolved.maxPending !== undefined)
    mustBeInteger(option('maxPending'), resolved.maxPending, 1, Number.MAX_SAFE_INTEGER);
  if (resolved.telemetry !== undefined) mustBePlainObject(option('telemetry'), resolved.telemetry);
  if (resolved.logger !== undefined) mustHaveMethods(option('logger'), resolved.logger, ['warn', 'error']);
  checkWorkerName(resolved.workerName);
  mustHaveMethods(option('clock'), resolved.clock, ['now', 'after']);
  return resolved;
}

/** A delay that doubles from 1 s to 60 s, of which the upper half is random: failing partitions spread out. */
function backoff(random: Random): (attempt: number) => number {
  return (attempt) => Math.round(Math.min(60_000, 1000 * 2 ** (attempt - 1)) * (0.5 + random() / 2));
}

function checkWorkerName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return;
  throw mustBe(option('workerName'), `a text of 1 to ${LONGEST_NAME} characters`, name);
}

function checkBackend(backend: unknown): void {
  if (typeof backend !== 'object' || backend === null) {
    throw mustBe(option('backend'), 'a backend, such as memory() or redis() makes', backend);
  }
  const missing = BACKEND_METHODS.filter(
    (method) => typeof (backend as Record<string, unknown>)[method] !== 'function',
  );
  if (missing.length === 0) return;
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `The option "backend" must be a backend; the object given lacks ${missing.join(', ')}.`,
  );
}
