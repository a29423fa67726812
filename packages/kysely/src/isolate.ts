import type { Rejection } from '@sluice/core';
import { type Kysely, sql } from 'kysely';
import { applyGroup, undoable } from './apply.js';
import type { Dialect } from './dialect.js';
import { failureOf, reasonOf } from './failures.js';
import type { Group } from './groups.js';
import type { Row } from './row.js';

export interface Isolated {
  readonly rejected: readonly Rejection[];
  readonly missing: readonly Row[];
}

/**
 * Applies all rows that can be applied, each once, in the transaction at hand: a group that fails is undone, and its
 * halves are applied on their own, until the rows at fault stand alone.
 * @throws the first error if no row at all can be applied: then it is not the rows that are at fault. Also any error
 * that is not about data.
 */
export async function applyApart(
  db: Kysely<unknown>,
  groups: readonly Group[],
  dialect: Dialect,
  signal: AbortSignal,
): Promise<Isolated> {
  // Else a constraint that is deferred would fail at the commit, for all rows together.
  if (dialect === 'postgres') await sql`set constraints all immediate`.execute(db);
  const rejected: Rejection[] = [];
  const missing: Row[] = [];
  let applied = 0;
  let first: unknown;
  const apply = async (group: Group): Promise<void> => {
    signal.throwIfAborted();
    try {
      missing.push(...(await undoable(db, () => applyGroup(db, group, dialect))));
      applied += group.length;
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== 'data' && failure !== 'collision') throw error;
      first ??= error;
      if (group.length === 1) rejected.push({ index: group[0].index, reason: reasonOf(error) });
      else for (const half of halves(group)) await apply(half);
    }
  };
  for (const group of groups) await apply(group);
  if (applied === 0 && rejected.length > 0) throw first;
  return { rejected, missing };
}

function halves(group: Group): [Group, Group] {
  const middle = group.length >> 1;
  return [group.slice(0, middle), group.slice(middle)] as unknown as [Group, Group];
}
