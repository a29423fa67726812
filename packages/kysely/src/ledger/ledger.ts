import { type Batch, SluiceError } from '@sluice/core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { dialectOf } from '../dialects/choose.js';
import type { Dialect, SqlDialect } from '../dialects/dialect.js';
import { findInCauses, reasonOf } from '../dialects/failures.js';
import { ledgerParts, plain } from '../options.js';
import { quote } from '../plan/unmapped.js';
import { type LedgerRecord, NOTHING_LEFT, recordOf, textOf } from './record.js';

/** Which ledger, and in which language. */
export interface Ledger {
  readonly dialect: SqlDialect;
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
  const { isDenied } = ledger.dialect.catalogue;
  for (const { isThere, create } of stepsOf(ledger)) {
    if (await isThere(db)) continue;
    try {
      await create.execute(db);
    } catch (error) {
      // In PostgreSQL one of two that create a table at the same time fails, though "if not exists" is there.
      if (await isThere(db).catch(() => false)) continue;
      throw findInCauses(error, isDenied) ? denied(ledger, create.compile(db).sql, error) : error;
    }
  }
}

interface Step {
  isThere(db: Kysely<unknown>): Promise<boolean>;
  readonly create: RawBuilder<unknown>;
}

function stepsOf({ dialect, ledger }: Ledger): Step[] {
  const { catalogue } = dialect;
  const indexName = `${ledger.at(-1)}_age`;
  const { table, index } = dialect.createLedger(ledger, indexName);
  const steps: Step[] = [
    { isThere: async (db) => (await catalogue.describe(db, ledger)) !== undefined, create: table },
  ];
  if (index) steps.push({ isThere: (db) => catalogue.hasIndex(db, ledger, indexName), create: index });
  return steps;
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
export function enter(
  db: Kysely<unknown>,
  { dialect, ledger }: Ledger,
  batch: Batch,
  outcome: LedgerRecord,
): Promise<boolean> {
  return dialect.enterLedger(db, { ledger, batch, outcome: textOf(outcome) });
}

/**
 * What became of a batch that is in the ledger.
 * @throws LedgerLost when it is not there after all: it was kept out, so nothing says that it was applied
 */
export async function recorded(db: Kysely<unknown>, { ledger }: Ledger, batch: Batch): Promise<LedgerRecord> {
  const { rows } = await sql<{ outcome: string | null }>`
    select outcome
    from ${sql.id(...ledger)}
    where id = ${batch.id}
  `.execute(db);
  const [row] = rows;
  if (row !== undefined) return recordOf(row.outcome);
  throw new LedgerLost(
    `The batch ${batch.id} could not be entered in the ledger, and is not there: a trigger, a policy or another index keeps it out.`,
  );
}

/** Adds to a batch's row what its transaction left undone. */
export async function record(
  db: Kysely<unknown>,
  { ledger }: Ledger,
  batch: Batch,
  outcome: LedgerRecord,
): Promise<void> {
  if (outcome === NOTHING_LEFT) return;
  const table = sql.id(...ledger);
  await sql`update ${table} set outcome = ${textOf(outcome)} where id = ${batch.id}`.execute(db);
}

/**
 * Looks for a batch's row before the commit.
 * @throws LedgerLost when it is not there exactly once: the transaction that entered it is not this one any more
 */
export async function confirm(db: Kysely<unknown>, { ledger }: Ledger, batch: Batch): Promise<void> {
  const { rows } = await sql`select id from ${sql.id(...ledger)} where id = ${batch.id}`.execute(db);
  if (rows.length !== 1) {
    throw new LedgerLost(
      `The batch ${batch.id} is in the ledger ${rows.length} times before the commit: something in between ended the transaction, or entered it again.`,
    );
  }
}

/** The batch must not be committed. */
class LedgerLost extends Error {}
