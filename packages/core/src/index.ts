export {
  type AddResult,
  type Backend,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type CorruptEntry,
  deadLetterId,
  leaseToken,
  type PartitionStats,
  PRODUCER_LIFETIME_MS,
  type Refusal,
  type StoredBatch,
  type StoredDeadLetter,
  type StoredEntry,
  type Validation,
  type Write,
} from './backend.js';
export type { Buffer, Buffer as SluiceBuffer, BufferStats, IncrementOptions } from './buffer.js';
export type { Clock, Random } from './clock.js';
export type { DeadLetter, DeadLetters } from './dead-letters.js';
export {
  BackendError,
  IncrementError,
  InvalidInputError,
  type Outcome,
  PartitionsFailedError,
  ProcessingError,
  SluiceError,
  type SluiceErrorCode,
} from './errors.js';
export type { BufferEvents, Listener } from './events.js';
export { MAX_EXTRA_LENGTH, max, min, type Ruled } from './extra.js';
export {
  CorruptEntryError,
  entryOf,
  type Fields,
  fieldsOf,
  merge,
  OverflowError,
  pack,
  type RefusalReason,
  unpack,
} from './fields.js';
export type { Lease } from './lease.js';
export type { Logger } from './logger.js';
export { type BackendOpener, type OpenOptions, openBuffer } from './open.js';
export type { BufferOptions } from './options.js';
export type { Claim, Settlement } from './processor.js';
export type { ProcessReport } from './report.js';
export { MAX_PARTITIONS, partitionOf } from './router.js';
export type { Rejection, Sink, SinkContext, SinkResult } from './sink.js';
export { MAX_TARGET_KEY_LENGTH, parseTargetKey, type Target, targetKey } from './target.js';
export type {
  AnySchema,
  Batch,
  ColumnOf,
  Columns,
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
} from './types.js';
export { createWorker, type Worker, type WorkerOptions } from './worker.js';
export { createBuffer } from './write-behind-buffer.js';
