import type { Batch, Rejection } from '@sluice/core';

/** What became of a batch, as the ledger keeps it: a redelivery returns what the first delivery did. */
export type LedgerRecord =
  | { readonly gaveUp: string }
  | {
      readonly rejected: readonly Rejection[];
      /** Indexes of entries that matched no row. */
      readonly missing: readonly number[];
    };

/** Every entry was applied. */
export const NOTHING_LEFT: LedgerRecord = { rejected: [], missing: [] };

/** The text in the ledger's column; null when every entry was applied. */
export function textOf(outcome: LedgerRecord): string | null {
  return outcome === NOTHING_LEFT ? null : JSON.stringify(outcome);
}

/** What `textOf` wrote. */
export function recordOf(text: string | null): LedgerRecord {
  return text === null ? NOTHING_LEFT : (JSON.parse(text) as LedgerRecord);
}

/** What the sink returns. */
export function rejectedOf(outcome: LedgerRecord, batch: Batch): readonly Rejection[] {
  if (!('gaveUp' in outcome)) return outcome.rejected;
  return batch.entries.map((_, index) => ({ index, reason: outcome.gaveUp }));
}
