/** Where the workers' sink writes, in one run. The driver uses the server itself, past the proxy. */
export interface Database {
  /** Where it is behind a proxy. */
  url(proxyPort: number): string;
  rows(): Promise<CounterRow[]>;
  batches(): Promise<Batches>;
}

/** A row of the table that the increments count in. */
export interface CounterRow {
  readonly name: string;
  readonly owner: string;
  readonly views: number;
  readonly balance: number;
  readonly seen: number;
}

/** The batches that changed the counters. */
export interface Batches {
  /** How many there were. */
  readonly applied: number;
  /** Those that did so in more than one transaction. */
  readonly twice: readonly string[];
}
