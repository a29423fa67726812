import { type ComparableValue, isGreater } from './comparable.js';
import { extremeRule } from './extreme.js';
import { type Ruled, withRule } from './ruled.js';

/**
 * Keeps the greatest of all values of an extra, in place of the last one. Companions are extra values that belong to it: they
 * are kept while no greater value brings others. Of equal values the first keeps its companions.
 *
 * @example
 * ```ts
 * await buffer.incr('Page', { views: 1 }, { path: '/docs' }, { lastSeen: max(new Date()) });
 * await buffer.incr('Job', { steps: 1 }, { id: 1 }, { step: max(7, { message: 'seventh' }) });
 * ```
 * @param value - A finite number, a bigint of 128 bits, a valid Date, or well-formed text of at most 8192 characters, which
 * is compared by code points; `incr` rejects with `ERR_SLUICE_INVALID_EXTRA` for anything else, and for longer text with
 * `ERR_SLUICE_TOO_LARGE`. If an extra has values of several types, text comes after all others.
 * @param companions - Extra values by name.
 */
export function max<T extends ComparableValue, C extends object = Readonly<Record<never, never>>>(
  value: T,
  companions?: C,
): Ruled<T, C> {
  return withRule(MAX.name, value, companions);
}

export const MAX = /* @__PURE__ */ extremeRule('max', '>', isGreater);
