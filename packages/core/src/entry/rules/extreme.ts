import type { Companion } from '../../schema.js';
import { isRecord } from '../../support/validate.js';
import { type Comparable, decodeComparable, encodeComparable, parseComparable } from './comparable.js';
import { LAST } from './last.js';
import type { IncrementRule } from './rule.js';

/** Whether `a` replaces `b`. */
type Wins = (a: Comparable, b: Comparable) => boolean;

/** What came with a value: the text of the value, and the companion as `LAST` stores it. */
type Companions = Readonly<Record<string, readonly [cameWith: string, stored: string]>>;

/** A value, and what came with it or with one that it replaced. */
interface Accompanied {
  readonly value: Comparable;
  readonly companions: Companions;
}

const ALONE: Companions = {};

/**
 * The rule of values of which one wins, and then brings its companions along. A winner that came without a companion leaves
 * the one that is there. Companions are stored within the value, as JSON text, so that no field depends on another one:
 * `["7",{"message":["7","\"seventh\""]}]`.
 */
export function extremeRule<N extends 'max' | 'min'>(
  name: N,
  mark: string,
  wins: Wins,
): IncrementRule<N, Comparable> {
  return {
    name,
    mark,

    encode(extra, given, companions) {
      const value = encodeComparable(extra, given);
      if (companions === undefined) return value;
      const texts = Object.entries(companions).map(([name, companion]) => {
        return [name, [`${value}`, LAST.encode(name, companion)]] as const;
      });
      return stored({ value, companions: Object.fromEntries(texts) });
    },

    combine(old, value) {
      if (!isAccompanied(old) && !isAccompanied(value)) return wins(value, old) ? value : old;
      const [a, b] = [opened(old), opened(value)];
      // Each companion wins by the value that it came with: others may have replaced that since.
      const won = Object.entries(b.companions).filter(([, [cameWith]]) =>
        wins(comparable(cameWith), a.value),
      );
      return stored({
        value: wins(b.value, a.value) ? b.value : a.value,
        companions: { ...a.companions, ...Object.fromEntries(won) },
      });
    },

    parse: (text) => (isAccompanied(text) ? parseAccompanied(text) : parseComparable(text)),
    decode: (value) => decodeComparable(opened(value).value),

    companions(value) {
      const companions: Record<string, Companion> = {};
      for (const [name, [cameWith, text]] of Object.entries(opened(value).companions)) {
        companions[name] = { cameWith: decodeComparable(comparable(cameWith)), value: LAST.decode(text) };
      }
      return companions;
    },
  };
}

function isAccompanied(stored: Comparable): stored is string {
  return typeof stored === 'string' && stored.startsWith('[');
}

function opened(stored: Comparable): Accompanied {
  if (!isAccompanied(stored)) return { value: stored, companions: ALONE };
  const [value, companions] = JSON.parse(stored) as [string, Companions];
  return { value: comparable(value), companions };
}

function stored({ value, companions }: Accompanied): Comparable {
  return Object.keys(companions).length === 0 ? value : JSON.stringify([`${value}`, companions]);
}

/** The value in a text that was parsed before. */
function comparable(text: string): Comparable {
  return parseComparable(text) as Comparable;
}

function parseAccompanied(text: string): string | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  const [value, companions] = parts as unknown[];
  const isOne = (parts as unknown[]).length === 2 && isComparable(value) && isRecord(companions);
  return isOne && Object.keys(companions).length > 0 && Object.entries(companions).every(isCompanion)
    ? text
    : undefined;
}

function isCompanion([name, companion]: readonly [string, unknown]): boolean {
  if (name === '__proto__' || !Array.isArray(companion) || companion.length !== 2) return false;
  return (
    isComparable(companion[0]) && typeof companion[1] === 'string' && LAST.parse(companion[1]) !== undefined
  );
}

function isComparable(text: unknown): boolean {
  return typeof text === 'string' && parseComparable(text) !== undefined;
}
