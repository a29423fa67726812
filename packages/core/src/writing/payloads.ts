import { type StoredEntry, WRITE_BYTES } from '../backend.js';
import { mostPackedBytes, packedBytes } from '../entry/packing.js';

/** Splits the entries of a group into writes that are not too large. An entry that is too large alone gets one alone. */
export function payloadsOf(entries: readonly StoredEntry[]): readonly (readonly StoredEntry[])[] {
  if (entries.reduce((sum, entry) => sum + mostPackedBytes(entry), 0) <= WRITE_BYTES) return [entries];
  const payloads: StoredEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = packedBytes(entry);
    if (bytes > room || payloads.length === 0) {
      payloads.push([]);
      room = WRITE_BYTES;
    }
    payloads.at(-1)?.push(entry);
    room -= bytes;
  }
  return payloads;
}
