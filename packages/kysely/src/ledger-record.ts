import type { Batch, Rejection } from '@sluice/core';

/** What became of a batch, as the ledger keeps it: a redelivery answers what the first delivery did. */
export type LedgerRecord =
  | { readonly gaveUp: string }
  | {
      readonly rejected: readonly Rejection[];
      /** Places of entries that found no row to update. */
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

/** What a sink answers. */
export function rejectedOf(outcome: LedgerRecord, batch: Batch): readonly Rejection[] {
  if (!('gaveUp' in outcome)) return outcome.rejected;
  return batch.entries.map((_, index) => ({ index, reason: outcome.gaveUp }));
}
