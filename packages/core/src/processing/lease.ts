import type { Burial, StoredBatch } from '../backend.js';
import { entryOf } from '../entry/entry.js';
import type { AnySchema, Batch, Entry, Schema } from '../schema.js';
import { messageOf } from '../support/text.js';
import { isRecord } from '../support/validate.js';

/**
 * The right to process a batch until a deadline, by the backend's clock: {@link Buffer.claim} gives it, and
 * {@link Buffer.process} takes it.
 */
export interface Lease<S extends Schema<S> = AnySchema> {
  readonly batch: Batch<S>;
  /** New with every claim: what is done under an old token changes nothing. */
  readonly token: string;
  /** When the claim was asked for, by the buffer's clock: the lease lasts from then on, if not longer. */
  readonly claimedAt: number;
  /** How many deliveries of the batch failed because of its data. */
  readonly failures: number;
  /** How long ago the batch had been made when it was claimed, in milliseconds. */
  readonly ageMs: number;
  /** Pending entries behind this batch, when it was claimed. */
  readonly remaining: number;
  /** How many entries the batch holds in the backend, unreadable ones included. */
  readonly size: number;
  /** The place in the backend's batch of each of `batch.entries`. */
  readonly indexes: readonly number[];
  /** Entries that are unreadable. They become dead letters when the batch is settled. */
  readonly corrupt: readonly Burial[];
}

/** A backend's batch as sinks get it: readable entries in their order, the unreadable ones set aside. */
export function leaseOf(partition: number, token: string, claimedAt: number, stored: StoredBatch): Lease {
  const entries: Entry[] = [];
  const indexes: number[] = [];
  const corrupt: Burial[] = [];
  for (const [index, entry] of stored.entries.entries()) {
    if ('corrupt' in entry) {
      corrupt.push({ index, reason: entry.corrupt });
      continue;
    }
    try {
      entries.push(entryOf(entry.key, entry.fields));
      indexes.push(index);
    } catch (error) {
      corrupt.push({ index, reason: messageOf(error) });
    }
  }
  return {
    batch: { id: stored.id, partition, attempt: stored.attempt, entries },
    token,
    claimedAt,
    failures: stored.failures,
    ageMs: stored.ageMs,
    remaining: stored.remaining,
    size: stored.entries.length,
    indexes,
    corrupt,
  };
}

/** Whether a value has the shape of a lease. Whether it holds one, the backend decides by its token. */
export function isLease(value: unknown): value is Lease {
  if (!isRecord(value) || !isRecord(value.batch) || typeof value.token !== 'string') return false;
  const { batch, indexes, corrupt, size, remaining, claimedAt, failures, ageMs } = value as {
    [part in keyof Lease]: unknown;
  } & {
    batch: Record<string, unknown>;
  };
  return (
    typeof batch.id === 'string' &&
    [batch.partition, batch.attempt, size, remaining, failures].every(Number.isSafeInteger) &&
    [claimedAt, ageMs].every(Number.isFinite) &&
    [batch.entries, indexes, corrupt].every(Array.isArray)
  );
}
