import type { Group } from '../plan/groups.js';
import { asInserted, hasFloor } from '../plan/on-insert.js';
import { isUniqueFor } from '../setup/catalogue.js';
import type { Work } from './apply.js';
import type { applyApart } from './isolate.js';
import { refuseUnfit } from './unfit.js';

/**
 * What applies groups with a statement each, or `undefined` if that cannot be: each table must be a plain one whose keys are
 * unique, and its entries must name the same columns. Most batches are like that. If a row is in the way, the transaction
 * fails, and another one goes step by step.
 */
export function atOnce(
  { dialect, tables }: Omit<Work, 'db'>,
  groups: readonly Group[],
): typeof applyApart | undefined {
  const { upsertAtOnce } = dialect;
  if (upsertAtOnce === undefined || !groups.every((group) => isUsual(group, dialect, tables)))
    return undefined;
  return async ({ db }, groups, signal) => {
    for (const group of groups) {
      signal.throwIfAborted();
      const [{ layout }] = group;
      const info = tables.get(layout.model.table);
      refuseUnfit(layout, info, dialect);
      await upsertAtOnce(db, group, asInserted(group, dialect.catalogue), info);
    }
    return { failed: [], missing: [] };
  };
}

function isUsual(group: Group, { catalogue }: Work['dialect'], tables: Work['tables']): boolean {
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
