export {
  type AddResult,
  BACKEND_METHODS,
  type Backend,
  type BackendMethod,
  type Burial,
  type ClaimRequest,
  type ClaimResult,
  type CorruptEntry,
  deadLetterId,
  leaseToken,
  type PartitionStats,
  PRODUCER_LIFETIME_MS,
  type Refusal,
  type RefusalReason,
  type StoredBatch,
  type StoredDeadLetter,
  type StoredEntry,
  type Validation,
  type Write,
} from './backend.js';
export type { Buffer, Buffer as SluiceBuffer, BufferStats, IncrementOptions } from './buffer.js';
export type { DeadLetter, DeadLetters } from './dead-letters.js';
export { entryOf } from './entry/entry.js';
export type { Fields } from './entry/fields.js';
export { fieldsOf } from './entry/increment.js';
export { merge } from './entry/merge.js';
export { pack, unpack } from './entry/packing.js';
export { MAX_EXTRA_LENGTH } from './entry/rules/last.js';
export { max } from './entry/rules/max.js';
export { min } from './entry/rules/min.js';
export type { Ruled } from './entry/rules/ruled.js';
export { MAX_TARGET_KEY_LENGTH, parseTargetKey, type Target, targetKey } from './entry/target-key.js';
export {
  BackendError,
  CorruptEntryError,
  IncrementError,
  InvalidInputError,
  type Outcome,
  OverflowError,
  PartitionsFailedError,
  ProcessingError,
  SluiceError,
  type SluiceErrorCode,
} from './errors.js';
export type { BufferEvents, Listener } from './events.js';
export type { Logger } from './logger.js';
export { type OpenOptions, openBuffer } from './open-buffer.js';
export type { BufferOptions } from './options.js';
export type { Lease } from './processing/lease.js';
export type { Claim } from './processing/processor.js';
export type { ProcessReport } from './processing/report.js';
export type { Settlement } from './processing/settler.js';
export type { Rejection, Sink, SinkContext, SinkResult } from './processing/sink.js';
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
} from './schema.js';
export type { BackendOpener } from './support/backend-package.js';
export type { Clock, Random } from './support/clock.js';
export { MAX_PARTITIONS, partitionOf } from './support/partition.js';
export { createWorker, type Worker, type WorkerOptions } from './worker.js';
export { createBuffer } from './write-behind-buffer.js';
