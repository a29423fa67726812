import type { ProcessReport } from './report.js';

/** One pass over the partitions that the backend holds. It has begun when they are known. */
export interface Round {
  /** Rejects when partitions fail, after the others were processed. */
  readonly ended: Promise<ProcessReport>;
}

// Registered, so that all copies of this package in a process share it.
const BEGUN = /* @__PURE__ */ Symbol.for('@sluice/core.begun');

/** The promise of a round's end, which {@link begunOf} knows the beginning of. */
export function endOf(begun: Promise<Round>): Promise<ProcessReport> {
  return Object.assign(
    begun.then(({ ended }) => ended),
    { [BEGUN]: begun },
  );
}

/** Settles when a round has begun. If it is not known when that is, since the promise is another's, when it has ended. */
export function begunOf(end: Promise<ProcessReport>): Promise<unknown> {
  return (end as { readonly [BEGUN]?: Promise<Round> })[BEGUN] ?? end;
}
