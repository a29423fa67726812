import type { Batch } from '@sluice/core';
import type { Kysely } from 'kysely';
import type { Upsert } from '../dialects/dialect.js';
import { confirm, enter } from '../ledger/ledger.js';
import { type LedgerRecord, textOf } from '../ledger/record.js';
import type { Group } from '../plan/groups.js';
import { asInserted, hasFloor } from '../plan/on-insert.js';
import { isUniqueFor } from '../setup/catalogue.js';
import type { Work } from './apply.js';
import { refuseUnfit } from './unfit.js';

/** Applies a whole batch. Returns false if it is in the ledger already. */
type ApplyAtOnce = (db: Kysely<unknown>, signal: AbortSignal) => Promise<boolean>;

/**
 * What applies groups with a statement each, or `undefined` if that cannot be: each table must be a plain one whose keys are
 * unique, and its entries must name the same columns. Most batches are like that. If a row is in the way, the transaction
 * fails, and another one goes step by step.
 */
export function atOnce(
  work: Omit<Work, 'db'>,
  groups: readonly Group[],
  batch: Batch,
  outcome: LedgerRecord,
): ApplyAtOnce | undefined {
  const { dialect, ledger, tables } = work;
  const upserts = groups.map((group) => upsertOf(group, work));
  if (dialect.atOnce === undefined || !upserts.every((upsert) => isUsual(upsert, work))) return undefined;
  const { upsert, enterAndUpsert } = dialect.atOnce;
  const [only, another] = upserts;
  // The row of the ledger cannot get lost where it comes with all others. A trigger of the ledger might remove it.
  if (enterAndUpsert && only !== undefined && another === undefined && tables.get(ledger)?.isPlain) {
    const entry = { ledger, batch, outcome: textOf(outcome) };
    return async (db) => {
      refuseUnfit(only.group[0].layout, only.table, dialect);
      return enterAndUpsert(db, entry, only);
    };
  }
  return async (db, signal) => {
    if (!(await enter(db, work, batch, outcome))) return false;
    for (const one of upserts) {
      signal.throwIfAborted();
      refuseUnfit(one.group[0].layout, one.table, dialect);
      await upsert(db, one);
    }
    await confirm(db, work, batch);
    return true;
  };
}

function upsertOf(group: Group, { dialect, tables }: Omit<Work, 'db'>): Upsert {
  const table = tables.get(group[0].layout.model.table);
  return { group, inserted: asInserted(group, dialect.catalogue), table };
}

function isUsual(upsert: Upsert, { dialect }: Omit<Work, 'db'>): boolean {
  const { group, table } = upsert;
  const [{ layout, keyValues }] = group;
  return (
    table?.isPlain === true &&
    isUniqueFor(table, layout.keys, dialect.catalogue) &&
    !keyValues.includes(null) &&
    layout.fields.length > 0 &&
    !layout.fields.some(hasFloor) &&
    group.every((row) => row.layout.name === layout.name && row.layout.model.mode === 'upsert') &&
    dialect.atOnce?.takes(upsert) === true
  );
}
