/** What one {@link Buffer.processPending} did. */
export interface ProcessReport {
  /** Batches the sink applied. */
  readonly batches: number;
  /** Entries in them. */
  readonly entries: number;
  /** Batches that are delivered again later. */
  readonly retried: number;
  /** Entries that became dead letters. */
  readonly buried: number;
  /** Partitions whose batch is leased by another worker or waits for its next delivery. */
  readonly busy: readonly number[];
  /** When the first batch that was retried or busy is due, in milliseconds from now; left out if there is none. */
  readonly dueInMs?: number;
}

export const NOTHING_DONE: ProcessReport = { batches: 0, entries: 0, retried: 0, buried: 0, busy: [] };

/** Adds up what several partitions, or several batches, did. */
export function addReports(a: ProcessReport, b: Partial<ProcessReport>): ProcessReport {
  const dueInMs = Math.min(a.dueInMs ?? Number.POSITIVE_INFINITY, b.dueInMs ?? Number.POSITIVE_INFINITY);
  return {
    batches: a.batches + (b.batches ?? 0),
    entries: a.entries + (b.entries ?? 0),
    retried: a.retried + (b.retried ?? 0),
    buried: a.buried + (b.buried ?? 0),
    busy: [...a.busy, ...(b.busy ?? [])],
    ...(Number.isFinite(dueInMs) && { dueInMs }),
  };
}
