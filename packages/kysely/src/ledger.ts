import { type Batch, SluiceError } from '@sluice/core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Dialect, dialectOf } from './dialect.js';
import type { Catalogue } from './dialects/catalogue.js';
import { catalogueOf } from './dialects/catalogues.js';
import { findInCauses, reasonOf } from './failures.js';
import { type LedgerRecord, NOTHING_LEFT, recordOf, textOf } from './ledger-record.js';
import { ledgerParts, plain } from './options.js';
import { quote } from './unmapped.js';

/** Which ledger, and in which language. */
export interface Ledger {
  readonly dialect: Dialect;
  readonly ledger: readonly string[];
}

/**
 * Creates the ledger if it is not there, as {@link KyselySink.migrate} does. Safe to call from several processes at once.
 * A user who may not create tables may call it, too, once the ledger is there.
 * Rejects with `SluiceError` `ERR_SLUICE_SINK_DENIED`, and the statement to run, when a right to create it is
 * missing; with `ERR_SLUICE_INVALID_OPTION` for options that cannot be used.
 *
 * @example
 * ```ts
 * // a migration of Kysely
 * import { migrateLedger } from '@sluice/kysely';
 * import type { Kysely } from 'kysely';
 *
 * export const up = (db: Kysely<unknown>) => migrateLedger(db);
 * ```
 * @param options - Those of the sink: see {@link KyselySinkOptions}.
 */
export async function migrateLedger<DB>(
  db: Kysely<DB>,
  options: { readonly ledger?: string | readonly string[]; readonly dialect?: Dialect } = {},
): Promise<void> {
  const ledger = { dialect: dialectOf(db, options.dialect), ledger: ledgerParts(options.ledger) };
  await createLedger(plain(db), ledger);
}

/** Creates what is missing of the ledger. It looks first: "if not exists" needs the right to create all the same. */
export async function createLedger(db: Kysely<unknown>, ledger: Ledger): Promise<void> {
  const catalogue = catalogueOf(ledger.dialect);
  for (const { isThere, create } of stepsOf(ledger, catalogue)) {
    if (await isThere(db)) continue;
    try {
      await create.execute(db);
    } catch (error) {
      // In PostgreSQL one of two that create a table at the same time fails, though "if not exists" is there.
      if (await isThere(db).catch(() => false)) continue;
      throw findInCauses(error, catalogue.isDenied) ? denied(ledger, create.compile(db).sql, error) : error;
    }
  }
}

interface Step {
  isThere(db: Kysely<unknown>): Promise<boolean>;
  readonly create: RawBuilder<unknown>;
}

function stepsOf({ dialect, ledger }: Ledger, catalogue: Catalogue): Step[] {
  const name = sql.id(...ledger);
  const indexName = `${ledger.at(-1)}_age`;
  const table = (create: RawBuilder<unknown>): Step => ({
    isThere: async (db) => (await catalogue.describe(db, ledger)) !== undefined,
    create,
  });
  const index = (create: RawBuilder<unknown>): Step => ({
    isThere: (db) => catalogue.hasIndex(db, ledger, indexName),
    create,
  });
  switch (dialect) {
    case 'postgres':
      return [
        table(sql`
          create table if not exists ${name} (
            id text primary key,
            partition_id integer not null,
            applied_at timestamptz not null default now(),
            outcome text
          )
        `),
        index(sql`
          create index if not exists ${sql.id(indexName)}
          on ${name} (partition_id, applied_at)
        `),
      ];
    case 'sqlite':
      return [
        table(sql`
          create table if not exists ${name} (
            id text primary key,
            partition_id integer not null,
            applied_at text not null default (strftime('%Y-%m-%d %H:%M:%f', 'now')),
            outcome text
          )
        `),
        index(sql`
          create index if not exists ${sql.id(...ledger.slice(0, -1), indexName)}
          on ${sql.id(ledger.at(-1) as string)} (partition_id, applied_at)
        `),
      ];
    case 'mysql':
      return [
        table(sql`
          create table if not exists ${name} (
            id varchar(255) primary key,
            partition_id integer not null,
            applied_at datetime(3) not null,
            outcome mediumtext,
            index ${sql.id(indexName)} (partition_id, applied_at)
          )
          engine = InnoDB
          character set utf8mb4
          collate utf8mb4_bin
        `),
      ];
  }
}

/** A statement as a part of a message. */
function oneLine(statement: string): string {
  return statement.trim().replace(/\s*\n\s*/g, ' ');
}

function denied({ ledger }: Ledger, statement: string, cause: unknown): SluiceError {
  return new SluiceError(
    'ERR_SLUICE_SINK_DENIED',
    [
      `The ledger ${quote(ledger.join('.'))} is not complete,`,
      'and the database user lacks the right to create what is missing:',
      `grant it, or run this as a user who has it: ${oneLine(statement)}.`,
      `The database says: ${reasonOf(cause)}`,
    ].join(' '),
    { cause },
  );
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
    const insert = sql`
      insert into ${table} (id, partition_id, applied_at, outcome)
      values (${batch.id}, ${batch.partition}, utc_timestamp(3), ${text})
    `;
    return insert.execute(db).then(
      () => true,
      (error) => {
        if (error?.errno === DUPLICATE) return false;
        throw error;
      },
    );
  }
  const { rows } = await sql`
    insert into ${table} (id, partition_id, outcome)
    values (${batch.id}, ${batch.partition}, ${text})
    on conflict (id) do nothing
    returning id
  `.execute(db);
  return rows.length > 0;
}

// "insert ignore" would also cut an id that is too long, and count rows in ways that depend on the connection's flags.
const DUPLICATE = 1062;

/** What became of a batch that is in the ledger. */
export async function recorded(db: Kysely<unknown>, { ledger }: Ledger, batch: Batch): Promise<LedgerRecord> {
  const { rows } = await sql<{ outcome: string | null }>`
    select outcome
    from ${sql.id(...ledger)}
    where id = ${batch.id}
  `.execute(db);
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
  await sql`
    update ${sql.id(...ledger)}
    set outcome = ${textOf(outcome)}
    where id = ${batch.id}
  `.execute(db);
}
