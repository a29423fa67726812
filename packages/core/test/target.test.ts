import type { FilterValue } from '@sluice/core';
import { MAX_TARGET_KEY_LENGTH, targetKey } from '@sluice/core/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTargetKey, type Target } from '../src/entry/target-key.js';
import { filters, name } from './arbitraries.js';

const target: fc.Arbitrary<Target> = fc.record({ model: name, filters, signalOnly: fc.boolean() });
const keyOf = ({ model, filters, signalOnly }: Target): string => targetKey(model, filters, signalOnly);

/** A target's identity by other means than its key: `-0` is `0`, the order of names does not count. */
const identity = ({ model, filters, signalOnly }: Target): string => {
  const one = (value: FilterValue): string => {
    if (value instanceof Date) return `date ${value.getTime()}`;
    return typeof value === 'string' ? `string ${JSON.stringify(value)}` : `${typeof value} ${value}`;
  };
  const parts = Object.entries(filters).map(([filter, value]) => JSON.stringify([filter, one(value)]));
  return JSON.stringify([model, parts.sort(), signalOnly]);
};

describe('the canonical form', () => {
  test('is a JSON array of the model, then names and values', () => {
    expect(targetKey('Page', { path: '/docs' })).toBe('["Page","path","/docs"]');
    expect(targetKey('Page', {})).toBe('["Page"]');
  });

  test('does not depend on the order of the filters', () => {
    expect(targetKey('Page', { path: '/docs', lang: 'en' })).toBe('["Page","lang","en","path","/docs"]');
    expect(targetKey('Page', { lang: 'en', path: '/docs' })).toBe(
      targetKey('Page', { path: '/docs', lang: 'en' }),
    );
  });

  test('orders names by UTF-16 code units in any locale', () => {
    expect(targetKey('M', { é: 1, z: 2, Z: 3, '10': 4, '9': 5, 𝒳: 6, '\uffee': 7 })).toBe(
      '["M","10",4,"9",5,"Z",3,"z",2,"é",1,"𝒳",6,"\uffee",7]',
    );
  });

  test.each<[FilterValue, string]>([
    [1, '["M","f",1]'],
    ['1', '["M","f","1"]'],
    [-0, '["M","f",0]'],
    [0.1, '["M","f",0.1]'],
    [1e21, '["M","f",1e+21]'],
    [1n, '["M","f",{"bigint":"1"}]'],
    [-(2n ** 127n), '["M","f",{"bigint":"-170141183460469231731687303715884105728"}]'],
    [true, '["M","f",true]'],
    ['true', '["M","f","true"]'],
    [null, '["M","f",null]'],
    ['', '["M","f",""]'],
    [new Date(0), '["M","f",{"date":0}]'],
    ['say "é\\👍"\n', '["M","f","say \\"é\\\\👍\\"\\n"]'],
    ['\ud83d', '["M","f","\\ud83d"]'],
  ])('writes the value %o as %s', (value, key) => {
    expect(targetKey('M', { f: value })).toBe(key);
  });

  test('gives signal-only increments a separate target', () => {
    expect(targetKey('M', { f: 1 }, true)).toBe('["M","f",1,"signalOnly"]');
    expect(targetKey('M', { signalOnly: 'signalOnly' })).not.toBe(targetKey('M', {}, true));
  });

  test('has no line breaks, and is well-formed, for any values', () => {
    fc.assert(
      fc.property(target, (any) => {
        const key = keyOf(any);
        expect(key.isWellFormed()).toBe(true);
        expect(key).not.toMatch(/[\n\r]/);
      }),
    );
  });
});

describe('parseTargetKey', () => {
  test('inverts targetKey', () => {
    fc.assert(
      fc.property(target, (any) => {
        const parsed = parseTargetKey(keyOf(any));
        expect(identity(parsed)).toBe(identity(any));
        expect(keyOf(parsed)).toBe(keyOf(any));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '',
    'null',
    '{}',
    '[]',
    '[1]',
    '["M",1,1]',
    '["M","f"]',
    '["M","f",[1]]',
    '["M","f",{}]',
    '["M","__proto__",1]',
  ])('refuses %j, which targetKey does not write', (key) => {
    expect(() => parseTargetKey(key)).toThrow();
  });
});

test('targets that differ have keys that differ', () => {
  fc.assert(
    fc.property(target, target, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(identity(a) === identity(b));
    }),
    { numRuns: 1000 },
  );
});

test('values that look alike make different targets', () => {
  const alike: FilterValue[] = [
    1,
    '1',
    1n,
    '1n',
    true,
    'true',
    null,
    'null',
    '',
    0,
    false,
    new Date(1),
    '{"date":1}',
  ];
  expect(new Set(alike.map((value) => targetKey('M', { f: value }))).size).toBe(alike.length);
});

test('a filter name cannot pass for a value, nor one model for another', () => {
  const keys = [
    targetKey('M', { a: 'b', c: 'd' }),
    targetKey('M', { a: 'b","c":"d' }),
    targetKey('M","a', { b: 'c' }),
    targetKey('M', { 'a","b': 'c' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('a key is as long as the limit at most', () => {
  const room = MAX_TARGET_KEY_LENGTH - targetKey('M', { f: '' }).length;
  expect(targetKey('M', { f: 'x'.repeat(room) })).toHaveLength(MAX_TARGET_KEY_LENGTH);
  expect(() => targetKey('M', { f: 'x'.repeat(room + 1) })).toThrow(/too long/);
});
