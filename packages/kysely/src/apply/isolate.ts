import { failureOf } from '../dialects/failures.js';
import { type Group, halves } from '../plan/groups.js';
import type { Row } from '../plan/row.js';
import { applyGroup, type Work } from './apply.js';
import type { Failed } from './blame.js';
import { EndedBy } from './enders.js';
import { TransactionLost, undoable } from './undo.js';

export interface Isolated {
  /** Rows that could not be applied. */
  readonly failed: readonly Failed[];
  readonly missing: readonly Row[];
}

/**
 * Applies all rows that can be applied, each once, in the transaction at hand: a group that fails is undone, and its
 * halves are applied on their own, until the rows at fault stand alone.
 * @throws any error that is not about data; EndedBy where data ended the transaction
 */
export async function applyApart(
  work: Work,
  groups: readonly Group[],
  signal: AbortSignal,
): Promise<Isolated> {
  const { db, dialect } = work;
  const isData = (error: unknown): boolean => failureOf(error, dialect.classify) === 'data';
  const failed: Failed[] = [];
  const missing: Row[] = [];
  const apply = async (group: Group): Promise<void> => {
    signal.throwIfAborted();
    try {
      const judged = () => dialect.judged(db, () => applyGroup(work, group));
      missing.push(...(await undoable(db, 'sluice_entries', isData, judged)));
    } catch (error) {
      if (dialect.dataMayEndTransaction && error instanceof TransactionLost) throw new EndedBy(group, error);
      if (!isData(error)) throw error;
      if (group.length === 1) failed.push({ row: group[0], error });
      else for (const half of halves(group)) await apply(half);
    }
  };
  for (const group of groups) await apply(group);
  // What a row lacked, such as a parent, may have come with others.
  let tried = groups.flat().length;
  while (failed.length > 0 && failed.length < tried) {
    tried = failed.length;
    for (const { row } of failed.splice(0)) await apply([row]);
  }
  return { failed, missing };
}
