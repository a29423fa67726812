import type { Filters, FilterValue } from '@sluice/core';
import type { Fields } from '@sluice/core/backend';
import fc from 'fast-check';
import { INCREMENT_RULES } from '../src/entry/rules/index.js';
import { MAX } from '../src/entry/rules/max.js';
import { MIN } from '../src/entry/rules/min.js';

/** Any valid name, among them those that objects inherit. */
export const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'constructor',
    'toString',
    'hasOwnProperty',
    'signalOnly',
    'date',
    'bigint',
    'json',
    '+',
    '@',
    'é',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((text) => !/\p{Cc}|\p{Cs}/u.test(text) && text !== '__proto__'),
);

/** Any text at all: NUL, line breaks, lone surrogates, `__proto__`. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    '\0',
    '\n',
    '\u2028',
    '\ud83d',
    '\udc4d',
    '👍',
    '"',
    '\\',
    '{"date":1}',
    'd1',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    maxLength: 6,
  }),
);

const filterValue: fc.Arbitrary<FilterValue> = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
);

export const filters: fc.Arbitrary<Filters> = fc.dictionary(name, filterValue, { maxKeys: 4 });

const amount = fc.integer({ min: -1_000_000, max: 1_000_000 });

/** Text that can be compared, among them such that UTF-16 and UTF-8 order differently. */
const wellFormed = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'ab', 'é', '\uffff', '👍', '👍🏽', '"', '\\', '[', '\0', '/'),
  text.filter((one) => one.isWellFormed()),
);

/** What `max` and `min` take, as it is stored. Values meet: small ones, and neighbours that a double cannot tell apart. */
const comparable: fc.Arbitrary<number | string> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2 ** 53, 2 ** 53 + 2, -(2 ** 64), 1e38),
  fc.date({ noInvalidDate: true }).map((date) => `d${date.getTime()}`),
  fc.bigInt({ min: -3n, max: 3n }).map((value) => `b${value}`),
  fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }).map((value) => `b${value}`),
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 4n }).map((value) => `b${value}`),
  wellFormed.map((value) => `s${value}`),
);

/** The same, with and without companions, as increments leave it. */
function extreme(rule: typeof MAX | typeof MIN): fc.Arbitrary<number | string> {
  const companions = fc.dictionary(
    fc.constantFrom('message', 'by', '1'),
    fc.constantFrom('"a"', '"b/\\n"', '{"json":[1]}'),
    { maxKeys: 2 },
  );
  const increment = fc.tuple(comparable, companions).map(([value, given]) => {
    const own = Object.entries(given).map(([one, stored]) => [one, [`${value}`, stored]]);
    return own.length === 0 ? value : JSON.stringify([`${value}`, Object.fromEntries(own)]);
  });
  return fc
    .array(increment, { minLength: 1, maxLength: 3 })
    .map((increments) => increments.reduce((old, value) => rule.combine(old, value, '')));
}

/** Fields with their companions in the order of their names, and winners as numbers: scripts have them in any order and form. */
export function inOrder(fields: Fields): Fields {
  const ordered = Object.entries(fields).map(([field, value]): [string, Fields[string]] => {
    if (typeof value === 'number' || !/^[<>]/.test(field) || !value.startsWith('[')) return [field, value];
    const [winner, companions] = JSON.parse(value);
    return [field, JSON.stringify([MAX.parse(winner), Object.entries(companions).sort()])];
  });
  return Object.fromEntries(ordered);
}

/** What `last` keeps: JSON text, stamped if it was redriven. Small numbers, so that ties occur. */
const lastText = fc
  .tuple(fc.option(fc.constantFrom(0, 1, 2, 10, 999_999_999_999_999)), text)
  .map(([batch, value]) => (batch === null ? '' : `~${batch} `) + JSON.stringify(value));

/** Stored fields that share few names, so that merges meet. */
export const fields: fc.Arbitrary<Fields> = fc.record(
  {
    '+views': amount,
    '+constructor': amount,
    '=title': lastText,
    '>lastSeen': extreme(MAX),
    '<firstSeen': extreme(MIN),
    '@': fc.nat(),
  },
  { requiredKeys: [] },
);

const MARKS = [...INCREMENT_RULES.map(({ mark }) => mark), '@'];

/** The name of a field whose first character is no rule's mark. */
export const unknownField: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', '*views', '?', 'constructor', '\0', 'é'),
  fc
    .string({ unit: 'grapheme', maxLength: 6 })
    .filter((field) => !MARKS.some((mark) => field.startsWith(mark)) && field !== '__proto__'),
);
