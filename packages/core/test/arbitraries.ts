import type { Filters, FilterValue } from '@sluice/core';
import type { Fields } from '@sluice/core/backend';
import fc from 'fast-check';
import { INCREMENT_RULES } from '../src/entry/rules/index.js';

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
const extreme = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.date({ noInvalidDate: true }).map((date) => `d${date.getTime()}`),
);

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
    '>lastSeen': extreme,
    '<firstSeen': extreme,
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
