import type { Batch, ExtraValue } from '@sluice/core';
import type { IsolationLevel, Kysely, Dialect as KyselyDialect, RawBuilder } from 'kysely';
import type { Group } from '../plan/groups.js';
import type { Catalogue, TableInfo } from '../setup/catalogue.js';
import type { Classify } from './failures.js';
import type { Hold, Pool } from './pool.js';
import type { Sent } from './values.js';

type Sql = RawBuilder<unknown>;
type Db = Kysely<unknown>;

/** The languages that the sink writes. PGlite speaks `postgres`, MariaDB `mysql`, libSQL `sqlite`. */
export type Dialect = 'postgres' | 'mysql' | 'sqlite';

/** Everything in which databases differ. Groups that come here are for one table, which may be unknown. */
export interface SqlDialect {
  /** Locks the rows that are there, in an order that all workers share, and returns which entry is for which row. */
  find(db: Db, group: Group, table: TableInfo | undefined): Promise<readonly Match[]>;
  /** Changes rows that were found. The entries have one layout, and none is for the row of another. */
  update(db: Db, group: Group, table: TableInfo | undefined): Promise<void>;
  /**
   * Updates the rows that are there, in the order of the entries, and inserts the others, in one statement: for entries
   * of one layout, and a table whose keys are unique. `undefined` where no statement can do both without proposing rows.
   * @throws an error that `isInTheWay` knows if another row kept one out
   */
  readonly upsertAtOnce:
    | ((db: Db, group: Group, inserted: Group, table: TableInfo | undefined) => Promise<void>)
    | undefined;
  /** Whether an insert failed because of another row. */
  isInTheWay(error: unknown): boolean;
  /** Inserts rows of one layout. Where a row is in the way, the transaction goes on as if nothing was tried. */
  insert(db: Db, group: Group, table: TableInfo | undefined): Promise<NotInserted | undefined>;
  /** Waits until no other worker writes to this table under a guard; holds until the transaction ends. */
  guard(db: Db, table: readonly string[], ledger: readonly string[]): Promise<void>;

  /**
   * The form in which a filter or an extra value is sent.
   * @throws UnusableValue when no table can hold it
   */
  encode(value: ExtraValue): Sent;
  /** Why the sink cannot write a column of this name, if so. */
  problemOfName(column: string): string | undefined;

  /** `undefined` where transactions have one level only. */
  readonly isolationLevel: IsolationLevel | undefined;
  /** Sets for one transaction what it needs: limits of time, and how values are read. A limit of 0 is none. */
  withSession<T>(db: Db, timeoutMs: number, task: () => Promise<T>): Promise<T>;
  /** Makes constraints speak at once, so that each entry's own statement fails. */
  beforeIsolation(db: Db): Promise<void>;
  readonly classify: Classify;
  /** Whether a statement that fails because of its data may take the whole transaction with it. */
  readonly dataMayEndTransaction: boolean;

  /** The statements that make the ledger, the index only where it is not part of the table. */
  createLedger(ledger: readonly string[], indexName: string): { readonly table: Sql; readonly index?: Sql };
  /** Enters a batch, after any other transaction that holds it. Returns false if it is there already. */
  enterLedger(db: Db, ledger: readonly string[], batch: Batch, outcome: string | null): Promise<boolean>;
  /** The ledger's time so many milliseconds ago. */
  ago(ms: number): Sql;

  readonly catalogue: Catalogue;

  /** Kysely over a pool, whose connections go through `hold`; `undefined` if the database has no such pool. */
  overPool(pool: Pool, hold: Hold): KyselyDialect | undefined;
}

/** `ord` is the entry's index in its group; `found` identifies the row of the table. */
export interface Match {
  readonly ord: number;
  readonly found: string;
}

/** Rows that are not in the table because of one that is in the way, and what the database says of it. */
interface NotInserted {
  readonly rows: Group;
  readonly error: unknown;
}
