import type { BufferStats } from '@sluice/core';

/** A look at the server. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stats: BufferStats;
}
