import type { StoredEntry } from './fields.js';
import { pack, unpack } from './packing.js';

/** The text of entries that were packed, so that repeats and replays of a write need not pack them again. */
const TEXTS = /* @__PURE__ */ new WeakMap<readonly StoredEntry[], string>();

/** A write's entries as text: a line for each target key and each packed entry in turn. They must not change any more. */
export function packEntries(entries: readonly StoredEntry[]): string {
  let text = TEXTS.get(entries);
  if (text === undefined) {
    const lines: string[] = [];
    for (const { key, fields } of entries) lines.push(key, pack(fields));
    text = lines.join('\n');
    TEXTS.set(entries, text);
  }
  return text;
}

/** What {@link packEntries} returned for these entries, if it was called. */
export function packedText(entries: readonly StoredEntry[]): string | undefined {
  return TEXTS.get(entries);
}

/**
 * The entries that {@link packEntries} packed.
 * @throws CorruptEntryError
 */
export function unpackEntries(text: string): readonly StoredEntry[] {
  const lines = text === '' ? [] : text.split('\n');
  const entries: StoredEntry[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    entries.push({ key: lines[i] as string, fields: unpack(lines[i + 1] ?? '') });
  }
  TEXTS.set(entries, text);
  return entries;
}
