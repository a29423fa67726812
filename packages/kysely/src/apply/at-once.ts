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
  const usual = dialect.atOnce;
  if (usual === undefined || !groups.every((group) => isUsual(group, work))) return undefined;
  const [only, another] = groups;
  // The row of the ledger cannot get lost where it comes with all others. A trigger of the ledger might remove it.
  if (only !== undefined && another === undefined && tables.get(ledger)?.isPlain) {
    const entry = { ledger, batch, outcome: textOf(outcome) };
    return async (db) => usual.enterAndUpsert(db, entry, upsertOf(only, work));
  }
  return async (db, signal) => {
    if (!(await enter(db, work, batch, outcome))) return false;
    for (const group of groups) {
      signal.throwIfAborted();
      await usual.upsert(db, upsertOf(group, work));
    }
    await confirm(db, work, batch);
    return true;
  };
}

/** @throws EntryFault */
function upsertOf(group: Group, { dialect, tables }: Omit<Work, 'db'>): Upsert {
  const [{ layout }] = group;
  const table = tables.get(layout.model.table);
  refuseUnfit(layout, table, dialect);
  return { group, inserted: asInserted(group, dialect.catalogue), table };
}

function isUsual(group: Group, { dialect: { catalogue }, tables }: Omit<Work, 'db'>): boolean {
  const [{ layout, keyValues }] = group;
  const info = tables.get(layout.model.table);
  return (
    info?.isPlain === true &&
    isUniqueFor(info, layout.keys, catalogue) &&
    !keyValues.includes(null) &&
    layout.fields.length > 0 &&
    !layout.fields.some(hasFloor) &&
    group.every((row) => row.layout.name === layout.name && row.layout.model.mode === 'upsert')
  );
}
