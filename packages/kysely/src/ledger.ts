import type { Batch } from '@sluice/core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Dialect, dialectOf } from './dialect.js';
import { type LedgerRecord, NOTHING_LEFT, recordOf, textOf } from './ledger-record.js';
import { ledgerParts, plain } from './options.js';

/** Which ledger, and in which language. */
export interface Ledger {
  readonly dialect: Dialect;
  readonly ledger: readonly string[];
}

/**
 * Creates the ledger if it is not there. Safe to call from several processes at once, and from a migration of Kysely:
 * `export const up = (db) => migrateLedger(db)`.
 */
export async function migrateLedger<DB>(
  db: Kysely<DB>,
  options: { readonly ledger?: string | readonly string[]; readonly dialect?: Dialect } = {},
): Promise<void> {
  const ledger = { dialect: dialectOf(db, options.dialect), ledger: ledgerParts(options.ledger) };
  await createLedger(plain(db), ledger);
}

/** Creates the ledger if it is not there. */
export async function createLedger(db: Kysely<unknown>, ledger: Ledger): Promise<void> {
  for (const statement of creation(ledger)) {
    // In PostgreSQL one of two that create a table at the same time fails, though "if not exists" is there.
    await statement.execute(db).catch(() => statement.execute(db));
  }
}

function creation({ dialect, ledger }: Ledger): RawBuilder<unknown>[] {
  const table = sql.id(...ledger);
  const index = sql.id(`${ledger.at(-1)}_age`);
  switch (dialect) {
    case 'postgres':
      return [
        sql`create table if not exists ${table} (id text primary key, partition_id integer not null, applied_at timestamptz not null default now(), outcome text)`,
        sql`create index if not exists ${index} on ${table} (partition_id, applied_at)`,
      ];
    case 'sqlite':
      return [
        sql`create table if not exists ${table} (id text primary key, partition_id integer not null, applied_at text not null default (strftime('%Y-%m-%d %H:%M:%f', 'now')), outcome text)`,
        sql`create index if not exists ${sql.id(...ledger.slice(0, -1), `${ledger.at(-1)}_age`)} on ${sql.id(ledger.at(-1) as string)} (partition_id, applied_at)`,
      ];
    case 'mysql':
      return [
        sql`create table if not exists ${table} (id varchar(255) primary key, partition_id integer not null, applied_at datetime(3) not null, outcome mediumtext, index ${index} (partition_id, applied_at)) engine = InnoDB character set utf8mb4 collate utf8mb4_bin`,
      ];
  }
}

/**
 * Enters a batch. Of two transactions that hold the same batch, the second waits here until the first has ended.
 * @returns false if the batch is there already
 */
export async function enter(
  db: Kysely<unknown>,
  to: Ledger,
  batch: Batch,
  outcome: LedgerRecord,
): Promise<boolean> {
  const table = sql.id(...to.ledger);
  const text = textOf(outcome);
  if (to.dialect === 'mysql') {
    const insert = sql`insert into ${table} (id, partition_id, applied_at, outcome) values (${batch.id}, ${batch.partition}, utc_timestamp(3), ${text})`;
    return insert.execute(db).then(
      () => true,
      (error) => {
        if (error?.errno === DUPLICATE) return false;
        throw error;
      },
    );
  }
  const { rows } =
    await sql`insert into ${table} (id, partition_id, outcome) values (${batch.id}, ${batch.partition}, ${text}) on conflict (id) do nothing returning id`.execute(
      db,
    );
  return rows.length > 0;
}

// "insert ignore" would also cut an id that is too long, and count rows in ways that depend on the connection's flags.
const DUPLICATE = 1062;

/** What became of a batch that is in the ledger. */
export async function recorded(db: Kysely<unknown>, { ledger }: Ledger, batch: Batch): Promise<LedgerRecord> {
  const { rows } = await sql<{
    outcome: string | null;
  }>`select outcome from ${sql.id(...ledger)} where id = ${batch.id}`.execute(db);
  return recordOf(rows[0]?.outcome ?? null);
}

/** Adds to a batch's row what its transaction left undone. */
export async function record(
  db: Kysely<unknown>,
  { ledger }: Ledger,
  batch: Batch,
  outcome: LedgerRecord,
): Promise<void> {
  if (outcome === NOTHING_LEFT) return;
  await sql`update ${sql.id(...ledger)} set outcome = ${textOf(outcome)} where id = ${batch.id}`.execute(db);
}
