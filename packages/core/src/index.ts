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
export type { DeadLetter, DeadLetters } from './dead-letters.js';
export { MAX_EXTRA_LENGTH, max, min, type Ruled } from './entry/extra.js';
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
} from './entry/fields.js';
export { MAX_TARGET_KEY_LENGTH, parseTargetKey, type Target, targetKey } from './entry/target-key.js';
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
export type { Logger } from './logger.js';
export { type OpenOptions, openBuffer } from './open-buffer.js';
export type { BufferOptions } from './options.js';
export type { Lease } from './processing/lease.js';
export type { Claim, Settlement } from './processing/processor.js';
export type { ProcessReport } from './processing/report.js';
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
