import { InvalidInputError } from '../../errors.js';
import type { ExtraValue, FilterValue, JsonValue } from '../../schema.js';
import { quote } from '../../support/text.js';
import { describe, isRecord } from '../../support/validate.js';
import { decodeScalar, encodeScalar } from '../scalar.js';
import { MAX_EXTRA_LENGTH, tooLarge } from './extra-size.js';
import type { IncrementRule } from './rule.js';
import { ruleNameOf } from './ruled.js';
import { stampOf, withoutStamp } from './stamp.js';

/**
 * The last write wins; of redriven values, which are stamped, that of the later batch. Values are kept as JSON text; plain arrays and objects are wrapped as `{"json":…}`, so that no
 * value of a user can pass for a Date or a bigint.
 */
export const LAST: IncrementRule<'last', string> = {
  name: 'last',
  mark: '=',

  encode(name, value) {
    if (typeof value === 'string' && value.length > MAX_EXTRA_LENGTH) throw tooLarge(name);
    const text = encodeScalar(value as FilterValue) ?? encodeJson(name, value);
    if (text.length > MAX_EXTRA_LENGTH) throw tooLarge(name);
    return text;
  },

  combine: (old, value) => (stampOf(value) >= stampOf(old) ? value : old),
  parse: (text) => (withoutStamp(text).length <= MAX_EXTRA_LENGTH ? text : undefined),

  decode(text): ExtraValue {
    const value: unknown = JSON.parse(withoutStamp(text));
    if (!isRecord(value) || !('json' in value)) return decodeScalar(value);
    if (isDeeper(value.json, DEEPEST)) throw new TypeError('nested too deeply');
    return value.json as JsonValue;
  },
};

const DEEPEST = 32;

/** Whether a value is nested deeper: one that is very deep ends the stack of whoever walks through it. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels < 0 || Object.values(value).some((child) => isDeeper(child, levels - 1));
}

function encodeJson(name: string, value: unknown): string {
  if (!Array.isArray(value) && !isRecord(value)) throw invalid(name, `is ${describe(value)}`);
  let budget = MAX_EXTRA_LENGTH;
  const check = (part: unknown, path: string, parents: readonly unknown[]): void => {
    // Every part costs at least one character, so a huge or endless value ends here and not in JSON.stringify.
    budget -= typeof part === 'string' ? part.length + 2 : 1;
    if (budget < 0) throw tooLarge(name);
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return;
    if (typeof part === 'number' && Number.isFinite(part)) return;
    if (!Array.isArray(part) && !isRecord(part)) throw invalid(name, `has ${describe(part)} at ${path}`);
    if (ruleNameOf(part) !== undefined) throw invalid(name, `has max() or min() at ${path}, below the top`);
    if (parents.includes(part)) throw invalid(name, `is cyclic at ${path}`);
    if (parents.length > DEEPEST) throw invalid(name, `is nested deeper than ${DEEPEST} levels`);
    if (typeof (part as { toJSON?: unknown }).toJSON === 'function')
      throw invalid(name, `has a toJSON at ${path}`);
    // By index, since an array may have holes, and more of them than memory has room for their text.
    if (Array.isArray(part)) budget -= part.length;
    if (budget < 0) throw tooLarge(name);
    const children = Array.isArray(part) ? part.entries() : Object.entries(part);
    for (const [key, child] of children) check(child, `${path}.${key}`.slice(0, 80), [...parents, part]);
  };
  check(value, name, []);
  return `{"json":${JSON.stringify(value)}}`;
}

function invalid(name: string, problem: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_EXTRA',
    `The extra ${quote(name)} ${problem}. Extra values are scalars, Dates, plain JSON, or max() and min() of a number, bigint, Date or text.`,
  );
}
