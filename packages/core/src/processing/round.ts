import type { ProcessReport } from './report.js';

/** One pass over the partitions that the backend holds. It has begun when they are known. */
export interface Round {
  /** One for each partition. */
  readonly drains: readonly Promise<ProcessReport>[];
  /** Rejects when partitions fail, after the others were processed. */
  readonly ended: Promise<ProcessReport>;
}

// Registered, so that all copies of this package in a process share it.
const BEGUN = /* @__PURE__ */ Symbol.for('@sluice/core.begun');

/** The promise of a round's end, from which {@link begunOf} gets the round. */
export function endOf(begun: Promise<Round>): Promise<ProcessReport> {
  return Object.assign(
    begun.then(({ ended }) => ended),
    { [BEGUN]: begun },
  );
}

/** A round as soon as it has begun; when it has ended, if the promise is not one of {@link endOf}. */
export function begunOf(ended: Promise<ProcessReport>): Promise<Round> {
  const begun = (ended as { readonly [BEGUN]?: Promise<Round> })[BEGUN];
  return begun ?? ended.then(() => ({ drains: [ended], ended }));
}
