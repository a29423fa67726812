import {
  type CorruptEntry,
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  pack,
  type Refusal,
  type StoredDeadLetter,
  type StoredEntry,
  unpack,
} from '@sluice/core';
import type { DeadLetterRow, EntryRow } from './tables.js';

/** The fields in a row. @throws CorruptEntryError */
export function parseFields(text: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CorruptEntryError('A stored entry is not JSON.', { cause });
  }
  return unpack(json);
}

/** The entry in a row. An unreadable one harms nothing but itself. */
export function entryOf({ key, fields }: EntryRow): StoredEntry | CorruptEntry {
  try {
    return { key, fields: parseFields(fields) };
  } catch (error) {
    if (error instanceof CorruptEntryError) return { key, corrupt: error.message };
    throw error;
  }
}

export function deadLetterOf({ id, reason, attempts, buried_at, ...row }: DeadLetterRow): StoredDeadLetter {
  return { id, entry: entryOf(row), reason: JSON.parse(reason) as string, attempts, buriedAt: buried_at };
}

/** How long ago the first increment of an entry came. Unreadable fields do not tell. */
export function age(fields: string, now: number): number {
  const entry = entryOf({ key: '', fields });
  return 'corrupt' in entry ? 0 : Math.max(0, now - Number(entry.fields['@'] ?? now));
}

/**
 * Merges entries into the packed fields of their keys, and answers those that cannot be.
 * @param pending packed fields by key; changed and new ones are set
 */
export function mergeAll(
  pending: Map<string, string>,
  entries: readonly StoredEntry[],
  now: number,
): Refusal[] {
  return entries.flatMap(({ key, fields }, index) => {
    try {
      const known = pending.get(key);
      const merged = known === undefined ? { '@': now } : parseFields(known);
      merge(merged, fields);
      pending.set(key, pack(merged));
      return [];
    } catch (error) {
      return [{ index, ...refusalOf(error) }];
    }
  });
}

function refusalOf(error: unknown): Omit<Refusal, 'index'> {
  if (error instanceof OverflowError) return { reason: 'overflow', field: error.field };
  if (error instanceof CorruptEntryError) return { reason: 'corrupt' };
  throw error;
}
