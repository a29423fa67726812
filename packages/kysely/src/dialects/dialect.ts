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
  /** Upserts of whole groups; `undefined` where none can do it without proposing rows. */
  readonly atOnce: AtOnce | undefined;
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
  /** Sets for one transaction what it needs: limits of time, and how values are read. */
  withSession<T>(db: Db, session: Session, task: () => Promise<T>): Promise<T>;
  /** Runs a task that fails by its own rows: constraints that wait until the commit speak at once. */
  judged<T>(db: Db, task: () => Promise<T>): Promise<T>;
  readonly classify: Classify;
  /** Whether a statement that fails because of its data may take the whole transaction with it. */
  readonly dataMayEndTransaction: boolean;

  /** The statements that make the ledger, the index only where it is not part of the table. */
  createLedger(ledger: readonly string[], indexName: string): { readonly table: Sql; readonly index?: Sql };
  /** Enters a batch, after any other transaction that holds it. Returns false if it is there already. */
  enterLedger(db: Db, entry: LedgerEntry): Promise<boolean>;
  /** The ledger's time so many milliseconds ago. */
  ago(ms: number): Sql;

  readonly catalogue: Catalogue;

  /** Kysely over a pool, whose connections go through `hold`; `undefined` if the database has no such pool. */
  overPool(pool: Pool, hold: Hold): KyselyDialect | undefined;
}

/** What a transaction needs. */
export interface Session {
  /** How long a statement may take, and the transaction be idle; 0 is no limit. */
  readonly timeoutMs: number;
  /** Whether it has no statements but those of `atOnce`. */
  readonly isAtOnce: boolean;
}

/** Statements for a whole group. */
interface AtOnce {
  /** Whether they can be for these entries. */
  takes(upsert: Upsert): boolean;
  /**
   * Updates the rows that are there, in the order of the entries, and inserts the others.
   * @throws NotAtOnce, or an error that `isInTheWay` knows, if another row kept one out, or two entries are for the same one
   */
  upsert(db: Db, upsert: Upsert): Promise<void>;
  /**
   * The same, and its one statement enters the batch. Returns false, and does nothing, if that is there already.
   * `undefined` where no statement does all.
   */
  readonly enterAndUpsert: ((db: Db, entry: LedgerEntry, upsert: Upsert) => Promise<boolean>) | undefined;
}

/** Entries of one layout, for a table whose keys are unique. */
export interface Upsert {
  readonly group: Group;
  /** The same entries as they are inserted: they may have more columns. */
  readonly inserted: Group;
  readonly table: TableInfo | undefined;
}

/** A row of the ledger. */
export interface LedgerEntry {
  readonly ledger: readonly string[];
  readonly batch: Batch;
  readonly outcome: string | null;
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
