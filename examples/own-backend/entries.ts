import {
  type CorruptEntry,
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  pack,
  type Refusal,
  type StoredEntry,
  unpack,
} from '@sluice/core/backend';
import type { EntryRow } from './tables.js';

/** The entry in a row. An unreadable one harms nothing but itself. */
export function entryOf({ key, fields }: EntryRow): StoredEntry | CorruptEntry {
  try {
    return { key, fields: unpack(fields) };
  } catch (error) {
    if (error instanceof CorruptEntryError) return { key, corrupt: error.message };
    throw error;
  }
}

/** How long ago the first increment of an entry came; 0 if its fields are unreadable. */
export function entryAge(fields: string, now: number): number {
  const entry = entryOf({ key: '', fields });
  return 'corrupt' in entry ? 0 : Math.max(0, now - Number(entry.fields['@'] ?? now));
}

/** What a merge makes of pending entries: packed fields by key, in order, and what was left out. */
export interface Merged {
  readonly changed: Map<string, string>;
  readonly added: Map<string, string>;
  readonly refused: Refusal[];
}

/** Merges entries, of which several may have one key, into the packed fields that are pending. */
export function mergeAll(
  pending: ReadonlyMap<string, string>,
  entries: readonly StoredEntry[],
  now: number,
): Merged {
  const merged: Merged = { changed: new Map(), added: new Map(), refused: [] };
  for (const [index, { key, fields }] of entries.entries()) {
    const target = pending.has(key) ? merged.changed : merged.added;
    const packed = target.get(key) ?? pending.get(key);
    try {
      const sum: Fields = packed === undefined ? { '@': now } : unpack(packed);
      merge(sum, fields);
      target.set(key, pack(sum));
    } catch (error) {
      merged.refused.push({ index, ...refusalOf(error) });
    }
  }
  return merged;
}

function refusalOf(error: unknown): Omit<Refusal, 'index'> {
  if (error instanceof OverflowError) return { reason: 'overflow', field: error.field };
  if (error instanceof CorruptEntryError) return { reason: 'corrupt' };
  throw error;
}
