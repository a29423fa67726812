import { max, min } from '@sluice/core';
import {
  CorruptEntryError,
  type Fields,
  fieldsOf,
  merge,
  OverflowError,
  pack,
  stampLast,
  targetKey,
  unpack,
} from '@sluice/core/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryOf } from '../src/entry/entry.js';
import { fields as anyFields, inOrder, name, text, unknownField } from './arbitraries.js';

const merged = (...parts: readonly Fields[]): Fields => {
  const into: Fields = {};
  for (const part of parts) merge(into, part);
  return into;
};

const LIMIT = Number.MAX_SAFE_INTEGER;

describe('merge', () => {
  test('is associative', () => {
    fc.assert(
      fc.property(anyFields, anyFields, anyFields, (a, b, c) => {
        expect(inOrder(merged(merged(a, b), c))).toEqual(inOrder(merged(a, merged(b, c))));
      }),
      { numRuns: 500 },
    );
  });

  test('has the empty entry as its neutral element', () => {
    fc.assert(
      fc.property(anyFields, (a) => {
        expect(merged(a, {})).toEqual(a);
        expect(merged({}, a)).toEqual(a);
      }),
    );
  });

  test('leaves what it merges from as it was', () => {
    fc.assert(
      fc.property(anyFields, anyFields, (a, b) => {
        const before = structuredClone(b);
        merge({ ...a }, b);
        expect(b).toEqual(before);
      }),
    );
  });

  test('sums columns', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 })), (amounts) => {
        const total = merged({ '+views': 0 }, ...amounts.map((amount) => ({ '+views': amount })));
        expect(BigInt(total['+views'] as number)).toBe(
          amounts.reduce((sum, amount) => sum + BigInt(amount), 0n),
        );
      }),
    );
  });

  test('keeps the last, the greatest and the least', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const result = merged(
          ...values.map((value) => ({ '=a': `${value}`, '>b': value, '<c': value, '@': value })),
        );
        expect(result).toEqual({
          '=a': `${values.at(-1)}`,
          '>b': Math.max(...values),
          '<c': Math.min(...values),
          '@': Math.min(...values),
        });
      }),
    );
  });

  test('compares Dates by their milliseconds, not by their text', () => {
    expect(merged({ '>at': 'd9' }, { '>at': 'd10' })).toEqual({ '>at': 'd10' });
    expect(merged({ '<at': 'd-10' }, { '<at': 'd9' })).toEqual({ '<at': 'd-10' });
  });

  test('counts up to ±(2^53 − 1) exactly', () => {
    expect(merged({ '+n': LIMIT - 1 }, { '+n': 1 })).toEqual({ '+n': LIMIT });
    expect(merged({ '+n': -LIMIT + 1 }, { '+n': -1 })).toEqual({ '+n': -LIMIT });
  });

  test('that would overflow changes nothing and names the field', () => {
    fc.assert(
      fc.property(anyFields, anyFields, fc.constantFrom(1, -1), (a, b, sign) => {
        const into: Fields = { ...a, '+last': sign * LIMIT };
        const before = structuredClone(into);
        expect(() => merge(into, { ...b, '+last': sign })).toThrow(OverflowError);
        expect(into).toEqual(before);
      }),
    );
    expect(() => merged({ '+views': LIMIT }, { '+views': 1 })).toThrow(/"views"/);
  });

  test('refuses a field of an unknown rule, whether the target has it or not, and changes nothing', () => {
    fc.assert(
      fc.property(anyFields, anyFields, unknownField, fc.boolean(), (a, b, unknown, isThere) => {
        const into: Fields = isThere ? { ...a, [unknown]: 2 } : a;
        const before = structuredClone(into);
        expect(() => merge(into, { ...b, [unknown]: 1 })).toThrow(CorruptEntryError);
        expect(into).toEqual(before);
      }),
    );
  });
});

describe('max and min', () => {
  /** What increments one after the other make of an extra and of one that belongs to it. */
  function oneByOne(rule: 'max' | 'min', steps: readonly (readonly [number, string | undefined])[]) {
    let best: number | undefined;
    let message: string | undefined;
    for (const [value, given] of steps) {
      const wins = best === undefined || (rule === 'max' ? value > best : value < best);
      if (!wins) continue;
      best = value;
      message = given ?? message;
    }
    return [best, message];
  }

  const steps = fc.array(
    fc.tuple(fc.integer({ min: -4, max: 4 }), fc.option(fc.string(), { nil: undefined })),
    {
      minLength: 1,
    },
  );

  test.each([
    ['max', max],
    ['min', min],
  ] as const)(
    '%s: what belongs to the value that won is what one increment after another leaves',
    (name, rule) => {
      fc.assert(
        fc.property(steps, steps, (first, second) => {
          const increments = (some: typeof first) =>
            some.map(([value, message]) => fieldsOf({}, { seq: rule(value, { message }) }));
          const grouped = merged(merged(...increments(first)), merged(...increments(second)));
          const { seq } = entryOf('["M"]', grouped).extra;
          const [best, message] = oneByOne(name, [...first, ...second]);
          expect(seq?.value).toBe(best);
          expect(seq?.companions?.message?.value).toBe(message);
        }),
      );
    },
  );

  test.each<[string, readonly (number | bigint | string | Date)[]]>([
    ['text by code points', ['', 'A', 'B', 'a', 'aa', 'b', 'é', '\uffff', '👍', '👍🏽']],
    [
      'bigints exactly',
      [-(2n ** 127n), -(2n ** 64n), -11n, -2n, 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 127n - 1n],
    ],
    [
      'numbers, Dates and bigints together, then text',
      [-1, new Date(0), 1.5, 2n, new Date(3), 2 ** 60, 2n ** 61n, '0'],
    ],
    ['a bigint after the number that is nearest', [2 ** 53, 2n ** 53n, 2n ** 53n + 1n]],
  ])('compare %s', (_, ascending) => {
    for (const [i, a] of ascending.entries()) {
      for (const b of ascending.slice(i)) {
        const both = [
          { most: max(a), least: min(a) },
          { most: max(b), least: min(b) },
        ].map((extra) => fieldsOf({}, extra));
        for (const order of [both, [...both].reverse()]) {
          const fields = unpack(pack(merged(...order)));
          expect(entryOf('["M"]', fields).extra).toEqual({
            most: { rule: 'max', value: b },
            least: { rule: 'min', value: a },
          });
        }
      }
    }
  });

  test('a companion says with which value it came', () => {
    const fields = merged(
      fieldsOf({}, { seq: max(7, { message: 'seventh', at: new Date(0) }) }),
      fieldsOf({}, { seq: max(9n) }),
      fieldsOf({}, { seq: max(8, { message: 'eighth' }) }),
    );
    expect(entryOf('["M"]', unpack(pack(fields))).extra).toEqual({
      seq: {
        rule: 'max',
        value: 9n,
        companions: {
          message: { cameWith: 7, value: 'seventh' },
          at: { cameWith: 7, value: new Date(0) },
        },
      },
    });
  });

  test.each([
    ['', '['],
    ['no list', '{"0":"7"}'],
    ['one part', '["7"]'],
    ['three parts', '["7",{"a":["7","1"]},1]'],
    ['no companions', '["7",{}]'],
    ['a list of companions', '["7",[["7","1"]]]'],
    ['a value that is a number', '[7,{"a":["7","1"]}]'],
    ['a companion of one part', '["7",{"a":["7"]}]'],
    ['a companion that is no text', '["7",{"a":["7",1]}]'],
    ['a companion that came with nothing', '["7",{"a":["x","1"]}]'],
    ['a companion named __proto__', '["7",{"__proto__":["7","1"]}]'],
    ['a bigint of 129 bits', 'b999999999999999999999999999999999999999999'],
    ['a bigint with a zero before it', 'b01'],
    ['a bigint that is minus zero', 'b-0'],
    ['a bigint without digits', 'b'],
    ['half a character', 's\ud83d'],
  ])('refuse what Sluice did not write: %s', (_, text) => {
    expect(() => unpack(JSON.stringify({ '>a': text }))).toThrow(CorruptEntryError);
  });

  test.each<[string, unknown]>([
    ['half a character', '\ud83d'],
    ['a bigint of 129 bits', 2n ** 127n],
    ['a boolean', true],
  ])('refuse %s', (_, value) => {
    expect(() => fieldsOf({}, { a: max(value as number) })).toThrow(
      /ERR_SLUICE_INVALID_EXTRA|in max\(\) or min\(\)/,
    );
  });

  test('refuse a text that is too long, as other extras that are', () => {
    expect(() => fieldsOf({}, { a: max('x'.repeat(8193)) })).toThrow(/"a" is larger than 8192/);
    expect(fieldsOf({}, { a: max('x'.repeat(8192)) })).toHaveProperty('>a');
  });

  test.each<[string, unknown, RegExp]>([
    ['a list', ['x'], /companions of the extra "a"/],
    ['a name that is none', { '': 1 }, /extra name "" is empty/],
    ['a rule', { b: max(1) }, /max\(\) or min\(\) at b, below the top/],
    ['too much', { b: 'x'.repeat(8193) }, /"b" is larger/],
  ])('refuse companions: %s', (_, companions, message) => {
    expect(() => fieldsOf({}, { a: max(1, companions as object) })).toThrow(message);
  });
});

describe('a last value that is redriven', () => {
  const redriven = (title: string, batch: number): Fields =>
    stampLast({ '+views': 1, '=title': title }, batch);

  test('loses to one that was not, before it or after it', () => {
    expect(merged({ '=title': '"new"' }, redriven('"old"', 9))).toEqual({ '+views': 1, '=title': '"new"' });
    expect(merged(redriven('"old"', 9), { '=title': '"new"' })).toEqual({ '+views': 1, '=title': '"new"' });
  });

  test('loses to one of a later batch, in whatever order they are redriven', () => {
    const [second, tenth] = [redriven('"b"', 2), redriven('"j"', 10)];
    for (const both of [merged(second, tenth), merged(tenth, second)])
      expect(entryOf('["M"]', both)).toMatchObject({
        columns: { views: 2 },
        extra: { title: { value: 'j' } },
      });
  });

  test('of the same batch wins if it comes later', () => {
    expect(merged(redriven('"a"', 3), redriven('"b"', 3))).toMatchObject({ '=title': '~3 "b"' });
  });

  test('keeps its first stamp when it is buried and redriven again', () => {
    expect(stampLast(redriven('"a"', 3), 7)).toEqual({ '+views': 1, '=title': '~3 "a"' });
  });

  test('is shown to sinks as it was given, even if it looks like a stamp', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.constant('~1 x')), fc.nat(), (value, batch) => {
        const fields = stampLast(fieldsOf({}, { title: value }), batch);
        expect(unpack(pack(fields))).toEqual(fields);
        expect(entryOf('["M"]', fields).extra).toEqual({ title: { rule: 'last', value } });
      }),
    );
  });

  test('leaves all other fields, and the fields it is made of, as they were', () => {
    fc.assert(
      fc.property(anyFields, fc.nat(), (fields, batch) => {
        const before = structuredClone(fields);
        const { '=title': _, ...others } = stampLast(fields, batch);
        expect(fields).toEqual(before);
        const { '=title': __, ...expected } = fields;
        expect(others).toEqual(expected);
      }),
    );
  });
});

describe('fieldsOf', () => {
  test('refuses a rule that only another version of this package knows', () => {
    const value = max(1);
    const [rule] = Object.getOwnPropertySymbols(value) as [symbol];
    expect(() => fieldsOf({}, { tags: { ...value, [rule]: 'union' } })).toThrow(
      expect.objectContaining({
        code: 'ERR_SLUICE_INVALID_EXTRA',
        message: expect.stringContaining('The extra "tags" has the rule "union"'),
      }),
    );
  });
});

describe('pack', () => {
  test('is one line of JSON text whose values are strings', () => {
    expect(pack({ '+views': 3, '=title': '"Docs"', '>lastSeen': 'd5', '<n': 1.5, '@': 7 })).toBe(
      '{"+views":"3","=title":"\\"Docs\\"",">lastSeen":"d5","<n":"1.5","@":"7"}',
    );
    expect(pack({})).toBe('{}');
  });

  test('is undone by unpack', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const line = pack(fields);
        expect(line).not.toMatch(/[\n\r]/);
        expect(line.isWellFormed()).toBe(true);
        expect(unpack(line)).toEqual(fields);
      }),
      { numRuns: 500 },
    );
  });

  test('is undone by unpack for any increment', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.maxSafeInteger()), fc.dictionary(name, text), (columns, extra) => {
        const fields = fieldsOf(columns, extra);
        expect(unpack(pack(fields))).toEqual(fields);
      }),
    );
  });
});

describe('unpack refuses', () => {
  test.each(['x{', '', ' {}', '\n{"+n":"1"}'])('what pack would not write: %j', (line) => {
    expect(() => unpack(line)).toThrow(CorruptEntryError);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['an array', []],
    ['a string', '{}'],
    ['a sum that is a number', { '+n': 1 }],
    ['a sum that is empty', { '+n': '' }],
    ['a sum that is blank', { '+n': ' ' }],
    ['a sum in hexadecimal', { '+n': '0x10' }],
    ['a sum with a fraction', { '+n': '1.5' }],
    ['a sum past 2^53', { '+n': '9007199254740992' }],
    ['a sum that is nan', { '+n': 'nan' }],
    ['a greatest that is empty', { '>n': '' }],
    ['a least that is a Date without time', { '<n': 'd' }],
    ['a Date that no calendar has', { '<n': 'd8640000000000001' }],
    ['an infinite greatest', { '>n': '1e999' }],
    ['a greatest as no JavaScript writes it', { '>n': '1e3' }],
    ['a time that is a Date', { '@': 'd5' }],
    ['a time with a fraction', { '@': '1.5' }],
    ['a time that no calendar has', { '@': '8640000000000001' }],
    ['a time with a name', { '@n': '5' }],
    ['a sum without a name', { '+': '1' }],
    ['an unknown rule', { '*n': '1' }],
    ['a field without a name', { '': '1' }],
    ['a sum named __proto__', JSON.parse('{"+__proto__":"1"}')],
    ['a value named __proto__', JSON.parse('{"=__proto__":"1"}')],
  ])('%s', (_, packed) => {
    expect(() => unpack(JSON.stringify(packed))).toThrow(CorruptEntryError);
  });
});

describe('entryOf', () => {
  const key = targetKey('Page', { path: '/docs', at: new Date(5) });

  test('shows sums, values with their rules, and the first time', () => {
    const fields = fieldsOf(
      { views: 2, '=odd': 1 },
      { title: 'Docs', lastSeen: max(new Date(9)), least: min(-1.5), tags: ['a', { b: null }], big: 5n },
    );
    expect(entryOf(key, { ...fields, '@': 1000 })).toEqual({
      model: 'Page',
      filters: { path: '/docs', at: new Date(5) },
      columns: { views: 2, '=odd': 1 },
      extra: {
        title: { rule: 'last', value: 'Docs' },
        lastSeen: { rule: 'max', value: new Date(9) },
        least: { rule: 'min', value: -1.5 },
        tags: { rule: 'last', value: ['a', { b: null }] },
        big: { rule: 'last', value: 5n },
      },
      signalOnly: false,
      firstAt: new Date(1000),
    });
  });

  test('gives back every name and value that an increment may have', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.maxSafeInteger()), fc.dictionary(name, text), (columns, extra) => {
        const entry = entryOf(key, fieldsOf(columns, extra));
        expect(entry.columns).toEqual(columns);
        expect(Object.entries(entry.extra).map(([of, shown]) => [of, shown?.value])).toEqual(
          Object.entries(extra),
        );
      }),
    );
  });

  test('gives back an object that looks like a wrapped Date as the object it is', () => {
    const values = { a: { date: 1 }, b: { bigint: '1' }, c: { json: 1 }, d: JSON.parse('{"__proto__":1}') };
    const { extra } = entryOf(key, fieldsOf({}, values));
    for (const [of, value] of Object.entries(values)) {
      expect(JSON.stringify(extra[of]?.value)).toBe(JSON.stringify(value));
    }
  });

  test('shows one value a name when several rules were used: last, then max, then min', () => {
    const fields = merged(fieldsOf({}, { a: min(1), b: min(1) }), fieldsOf({}, { a: max(2), b: max(2) }));
    expect(entryOf(key, merged(fields, fieldsOf({}, { a: 'x' }))).extra).toEqual({
      a: { rule: 'last', value: 'x' },
      b: { rule: 'max', value: 2 },
    });
  });

  test.each<[string, string, Fields]>([
    ['a key that is no key', 'oops', {}],
    ['a value that is no JSON', key, { '=title': 'oops' }],
    ['a value that is no wrapped one', key, { '=title': '[1]' }],
    ['a field of an unknown rule', key, { '+views': 1, '*views': 1 }],
  ])('reports %s as corrupt', (_, badKey, fields) => {
    expect(() => entryOf(badKey, fields)).toThrow(CorruptEntryError);
  });
});

test('names that objects inherit are ordinary names', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];
  const columns = Object.fromEntries(names.map((of) => [of, 1]));
  const once = fieldsOf(columns, columns);
  expect(entryOf(targetKey('M', columns), merged(once, once))).toMatchObject({
    filters: columns,
    columns: Object.fromEntries(names.map((of) => [of, 2])),
  });
});
