import type { Rejection } from '@sluice/core';
import { failureOf, reasonOf } from '../dialects/failures.js';
import { type Group, halves } from '../plan/groups.js';
import type { Row } from '../plan/row.js';
import { applyGroup, type Work } from './apply.js';
import { EndedBy } from './enders.js';
import { TransactionLost, undoable } from './undo.js';

export interface Isolated {
  readonly rejected: readonly Rejection[];
  readonly missing: readonly Row[];
}

/**
 * Applies all rows that can be applied, each once, in the transaction at hand: a group that fails is undone, and its
 * halves are applied on their own, until the rows at fault stand alone.
 * @throws the first error if no row at all can be applied: then it is not the rows that are at fault. Also any error
 * that is not about data, and EndedBy where data ended the transaction.
 */
export async function applyApart(
  work: Work,
  groups: readonly Group[],
  signal: AbortSignal,
): Promise<Isolated> {
  const { db, dialect } = work;
  await dialect.beforeIsolation(db);
  const isData = (error: unknown): boolean => failureOf(error, dialect.classify) === 'data';
  const rejected: Rejection[] = [];
  const missing: Row[] = [];
  let applied = 0;
  let first: unknown;
  const apply = async (group: Group): Promise<void> => {
    signal.throwIfAborted();
    try {
      missing.push(...(await undoable(db, 'sluice_entries', isData, () => applyGroup(work, group))));
      applied += group.length;
    } catch (error) {
      if (dialect.dataMayEndTransaction && error instanceof TransactionLost) throw new EndedBy(group, error);
      if (!isData(error)) throw error;
      first ??= error;
      if (group.length === 1) rejected.push({ index: group[0].index, reason: reasonOf(error) });
      else for (const half of halves(group)) await apply(half);
    }
  };
  for (const group of groups) await apply(group);
  if (applied === 0 && rejected.length > 0) throw first;
  return { rejected, missing };
}
