import type { Rejection } from '@sluice/core';
import { failureOf, reasonOf } from '../dialects/failures.js';
import { type Group, halves } from '../plan/groups.js';
import type { Row } from '../plan/row.js';
import { applyGroup, type Work } from './apply.js';
import { isOfTable, probe } from './probe.js';
import { undoable } from './undo.js';

export interface Isolated {
  readonly rejected: readonly Rejection[];
  readonly missing: readonly Row[];
}

/**
 * Applies all rows that can be applied, each once, in the transaction at hand: a group that fails is undone, and its
 * halves are applied on their own, until the rows at fault stand alone. They are rejected if their tables work.
 * @throws any error that is not about data; what a table that does not work says
 */
export async function applyApart(
  work: Work,
  groups: readonly Group[],
  signal: AbortSignal,
): Promise<Isolated> {
  const { db, dialect } = work;
  await dialect.beforeIsolation(db);
  const isData = (error: unknown): boolean => failureOf(error, dialect.classify) === 'data';
  const failed: { readonly row: Row; readonly error: unknown }[] = [];
  const missing: Row[] = [];
  const apply = async (group: Group): Promise<void> => {
    signal.throwIfAborted();
    try {
      missing.push(...(await undoable(db, 'sluice_entries', isData, () => applyGroup(work, group))));
    } catch (error) {
      if (!isData(error)) throw error;
      if (group.length === 1) failed.push({ row: group[0], error });
      else for (const half of halves(group)) await apply(half);
    }
  };
  for (const group of groups) await apply(group);
  for (const { row, error } of failed) {
    if (isOfTable(work, row.layout, error)) throw error;
  }
  await probe(
    work,
    failed.map(({ row }) => row.layout),
  );
  const rejected = failed.map(({ row: { index }, error }) => ({ index, reason: reasonOf(error) }));
  return { rejected, missing };
}
