import type { Companion, ComparableValue, Entry } from '@sluice/core';
import { mergedExtra } from './merged-extra.js';
import type { Companions } from './source.js';

/**
 * Of the values that several extras brought for one column, the one whose extra wins: while old producers run, an extra
 * has two names.
 */
export function companionOf({ extra }: Entry, { rule, from }: Companions): Companion {
  const companions = from.flatMap(({ name, of }) => extra[of]?.companions?.[name] ?? []);
  const winner = mergedExtra(
    rule,
    companions.map(({ cameWith }) => cameWith),
  );
  return companions.find(({ cameWith }) => isSame(cameWith, winner)) ?? { cameWith: winner, value: null };
}

function isSame(a: ComparableValue, b: ComparableValue): boolean {
  return a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : a === b;
}
