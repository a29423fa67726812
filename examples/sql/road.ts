import type { Kysely } from 'kysely';

export interface Tables {
  pages: { path: string; views: string };
}

/** A service that has a pool of its own, and lends it to Sluice. */
export interface Road {
  /** Kysely over the service's pool, for the sink. It is not to be destroyed: `close` ends the pool. */
  readonly db: Kysely<Tables>;
  /** Runs the service's own migrations, of which one creates the ledger. */
  migrate(): Promise<void>;
  /** Reads as the service does. */
  views(path: string): Promise<bigint>;
  close(): Promise<void>;
}
