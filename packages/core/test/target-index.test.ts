import { createBuffer, type Filters, type FilterValue } from '@sluice/core';
import { targetKey, type Write } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pendingIn, wrap } from './wrap.js';

// Few names and values, and such as are easily taken for one another. Each Date is another object.
const value: fc.Arbitrary<FilterValue> = fc.oneof(
  fc.constantFrom('1', 1, 1n, true, null, 0, -0, '{"date":1}', (1n << 100n) + 1n, '\ud800'),
  fc.constantFrom(1, 2).map((ms) => new Date(ms)),
);
const filters = fc.oneof(
  fc.constant({}),
  fc
    .uniqueArray(fc.tuple(fc.constantFrom('b', 'a', '0'), value), {
      selector: ([name]) => name,
      maxLength: 3,
    })
    .map((pairs) => Object.fromEntries(pairs)),
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ model: fc.constantFrom('M', 'M', 'N'), filters, signalOnly: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant('flush' as const) },
);

describe('targets in a process', () => {
  test('are the same if and only if their keys are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const writes: Write[] = [];
        const store = memory();
        const backend = wrap(store, {
          add(write) {
            writes.push(structuredClone(write));
            return store.add(write);
          },
        });
        const buffer = createBuffer({ backend, partitions: 2 });
        const expected: Record<string, number> = {};
        for (const each of steps) {
          if (each === 'flush') {
            await buffer.flush();
            continue;
          }
          const { model, filters, signalOnly } = each;
          void buffer.incr(model, { n: 1 }, filters, undefined, { signalOnly });
          const key = targetKey(model, filters, signalOnly);
          expected[key] = (expected[key] ?? 0) + 1;
        }
        await buffer.flush();
        const sums: Record<string, number> = {};
        for (const { entries } of writes) {
          expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
          for (const { key, fields } of entries) sums[key] = (sums[key] ?? 0) + Number(fields['+n']);
        }
        expect(sums).toEqual(expected);
        await buffer.close();
      }),
      { numRuns: 300 },
    );
  });

  test('of invalid filters are not found among the valid ones', async () => {
    const buffer = createBuffer({ backend: memory() });
    const counted = buffer.incr('M', { n: 1 }, { 0: 'x' });
    await expect(buffer.incr('M', { n: 1 }, ['x'] as unknown as Filters)).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_FILTER',
    });
    await expect(buffer.incr('M', { n: 1 }, { 0: new Date(Number.NaN) } as Filters)).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_FILTER',
    });
    await counted;
    await buffer.close();
  });

  const DATES = 1n << 200n;
  const invalid: [string, unknown][] = [
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint that equals the number of a Date', DATES + 5n],
    ['a bigint that equals the number of an early Date', DATES - 5n],
    ['a bigint of 129 bits', 1n << 128n],
    ['a bigint that is 5 modulo 2^128', (1n << 128n) + 5n],
    ['a bigint that is 5 modulo 2^64, and too large', (1n << 192n) + 5n],
    ['an invalid Date', new Date(Number.NaN)],
    ['a proxy of a Date', new Proxy(new Date(5), {})],
    ['what calls itself a Date', { [Symbol.toStringTag]: 'Date', getTime: () => 5, valueOf: () => 5 }],
    ['what inherits from a Date', Object.create(new Date(5))],
    ['a boxed string', Object('x')],
    ['a boxed number', Object(5)],
    ['a boxed bigint', Object(5n)],
    ['a boxed boolean', Object(true)],
    ['a symbol', Symbol.for('x')],
    ['a function', () => 'x'],
    ['an array', ['x']],
    ['an object', { date: 5 }],
    ['an object that turns into text', { toString: () => 'x', toJSON: () => 'x' }],
  ];
  test.each(invalid)('are not found by %s', async (_, value) => {
    const buffer = createBuffer({ backend: memory() });
    const valid = ['x', '5', 5, 0, 5n, true, false, null, new Date(5), new Date(-5)];
    const counted = valid.map((each) => buffer.incr('M', { n: 1 }, { at: each }));
    for (const filters of [{ at: value }, { at: 5, to: value }])
      await expect(buffer.incr('M', { n: 1 }, filters as Filters)).rejects.toMatchObject({
        code: 'ERR_SLUICE_INVALID_FILTER',
      });
    for (const each of valid) expect(await buffer.get('M', ['n'], { at: each })).toEqual({ n: 1 });
    await Promise.all(counted);
    await buffer.close();
  });

  test.each([
    ['a model', Object('M'), {}],
    ['a model', ['M'], {}],
    ['a model', Symbol.for('M'), {}],
    ['filters', 'M', Object('x')],
    ['filters', 'M', new Map([['at', 5]])],
  ])('are not found by %s that are none', async (_, model, filters) => {
    const buffer = createBuffer({ backend: memory() });
    const counted = [buffer.incr('M', { n: 1 }, {}), buffer.incr('M', { n: 1 }, { at: 5 })];
    await expect(buffer.incr(model, { n: 1 }, filters as Filters)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_SLUICE_INVALID_(NAME|FILTER)$/),
    });
    await Promise.all(counted);
    await buffer.close();
  });

  test('are what their filters were when the entry was opened, whatever a getter returns later', async () => {
    const store = memory();
    const buffer = createBuffer({ backend: store, partitions: 1 });
    let at = 0;
    const filters = {
      get at() {
        at += 1;
        return at;
      },
    };
    const counted = [buffer.incr('M', { n: 1 }, filters)];
    for (let n = 1; n <= 5; n += 1) counted.push(buffer.incr('M', { n: 10 }, { at: n }));
    await Promise.all(counted);
    const sums = await Promise.all([1, 2, 3, 4, 5].map((n) => pendingIn(store, targetKey('M', { at: n }))));
    expect(sums.map((fields) => Number(fields?.['+n'])).sort()).toEqual([10, 10, 10, 10, 11]);
    await buffer.close();
  });
});
