import type { Group } from '../plan/groups.js';
import { asInserted, hasFloor } from '../plan/on-insert.js';
import { isUniqueFor } from '../setup/catalogue.js';
import type { Work } from './apply.js';
import type { Isolated } from './isolate.js';
import { refuseUnfit } from './unfit.js';

/**
 * Whether each group takes one statement: its table is a plain one whose keys are unique, and its entries name the same
 * columns. Most batches are like that.
 */
export function canApplyAtOnce(work: Omit<Work, 'db'>, groups: readonly Group[]): boolean {
  return work.dialect.upsertAtOnce !== undefined && groups.every((group) => isUsual(work, group));
}

function isUsual({ dialect, tables }: Omit<Work, 'db'>, group: Group): boolean {
  const [{ layout, keyValues }] = group;
  const info = tables.get(layout.model.table);
  return (
    info?.isPlain === true &&
    isUniqueFor(info, layout.keys, dialect.catalogue) &&
    !keyValues.includes(null) &&
    layout.fields.length > 0 &&
    !layout.fields.some(hasFloor) &&
    group.every((row) => row.layout.name === layout.name && row.layout.model.mode === 'upsert')
  );
}

/** Applies groups with a statement each. If a row is in the way, the transaction fails, and another one goes step by step. */
export async function applyAtOnce(
  { db, dialect, tables }: Work,
  groups: readonly Group[],
  signal: AbortSignal,
): Promise<Isolated> {
  for (const group of groups) {
    signal.throwIfAborted();
    const [{ layout }] = group;
    const info = tables.get(layout.model.table);
    refuseUnfit(layout, info, dialect);
    await dialect.upsertAtOnce?.(db, group, asInserted(group, dialect.catalogue), info);
  }
  return { failed: [], missing: [] };
}
