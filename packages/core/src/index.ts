export type { Backend, BatchStats, PartitionStats, UnavailablePartition, Validation } from './backend.js';
export type { Buffer, Buffer as SluiceBuffer, HeldEntry, IncrementOptions } from './buffer.js';
export type { DeadLetter, DeadLetters } from './dead-letters.js';
export type { Engine, EngineHost, RunningEngine } from './engine.js';
export type { ComparableValue } from './entry/rules/comparable.js';
export { max } from './entry/rules/max.js';
export { min } from './entry/rules/min.js';
export type { Ruled } from './entry/rules/ruled.js';
export {
  BackendError,
  IncrementError,
  InvalidInputError,
  type Outcome,
  PartitionsFailedError,
  ProcessingError,
  SinkUnavailableError,
  SluiceError,
  type SluiceErrorCode,
} from './errors.js';
export type { BufferEvents } from './events.js';
export type { Logger } from './logger.js';
export { type OpenOptions, openBuffer } from './open-buffer.js';
export type { BufferOptions } from './options.js';
export type { Claim } from './processing/claiming.js';
export type { Lease } from './processing/lease.js';
export type { GivenUp } from './processing/processor.js';
export type { ProcessReport } from './processing/report.js';
export type { Settlement } from './processing/settler.js';
export type { Rejection, Sink, SinkContext, SinkResult } from './processing/sink.js';
export type {
  AnySchema,
  Batch,
  ColumnOf,
  Columns,
  Companion,
  Entry,
  Extra,
  ExtraValue,
  Filters,
  FiltersOf,
  FilterValue,
  JsonValue,
  ModelOf,
  ModelSchema,
  Rule,
  Schema,
} from './schema.js';
export type { BufferStats, Health } from './state.js';
export type { BackendOpener, OpenerOptions } from './support/backend-package.js';
export type { Clock, Random } from './support/clock.js';
export type { Telemetry } from './telemetry/telemetry.js';
export { createWorker, type Worker, type WorkerOptions } from './worker.js';
export { createBuffer } from './write-behind-buffer.js';
