import {
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  packedBytes,
  type Refusal,
  type StoredEntry,
} from '@sluice/core/backend';
import type { PartitionState } from './partition-state.js';

/** Merges an entry into the pending ones, or returns why not. */
export function addPending(
  { pending }: PartitionState,
  { key, fields }: StoredEntry,
  now: number,
): Omit<Refusal, 'index'> | undefined {
  const existing = pending.get(key);
  if (existing === undefined) {
    pending.set(key, { '@': now, ...fields });
    return undefined;
  }
  try {
    merge(existing, fields);
    return undefined;
  } catch (error) {
    if (error instanceof OverflowError) return { reason: 'overflow', field: error.field };
    if (error instanceof CorruptEntryError) return { reason: 'corrupt' };
    throw error;
  }
}

/** Takes the first entries out of the pending ones: at least one, and no more than `size` or than fit in `bytes`. */
export function takePending({ pending }: PartitionState, size: number, bytes: number): StoredEntry[] {
  const first = firstOf(pending, size);
  const mayBeLarge = first.reduce((sum, entry) => sum + mostBytes(entry), 0) > bytes;
  const taken = mayBeLarge ? upTo(bytes, first) : first;
  for (const { key } of taken) pending.delete(key);
  return taken;
}

function firstOf(pending: ReadonlyMap<string, Fields>, size: number): StoredEntry[] {
  const first: StoredEntry[] = [];
  for (const [key, fields] of pending) {
    if (first.length === size) break;
    first.push({ key, fields });
  }
  return first;
}

function upTo(bytes: number, entries: readonly StoredEntry[]): StoredEntry[] {
  let sum = 0;
  const end = entries.findIndex((entry, index) => {
    sum += packedBytes(entry);
    return index > 0 && sum > bytes;
  });
  return end === -1 ? [...entries] : entries.slice(0, end);
}

// JSON has up to six bytes for a UTF-16 code unit, and a number has up to 24 digits.
const MOST_BYTES = 6;
const MOST_DIGITS = 24;
const QUOTES = 6;

/** A bound of `packedBytes` that needs no encoding. */
function mostBytes({ key, fields }: StoredEntry): number {
  let sum = MOST_BYTES * key.length + QUOTES;
  for (const field in fields) {
    const value = fields[field];
    sum += MOST_BYTES * field.length + QUOTES;
    sum += typeof value === 'string' ? MOST_BYTES * value.length : MOST_DIGITS;
  }
  return sum;
}
