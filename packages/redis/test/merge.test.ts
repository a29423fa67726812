import { type Backend, type Fields, merge, OverflowError, type Write } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';

const server = await startRedisServer();
const client = new Redis(server.port);
const backend: Backend = redis({ client, clock: { now: () => 5 } });
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const name = fc.constantFrom('a', 'b', 'constructor', 'ünï "quoted" \\');
const sum = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0),
);
const date = fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => `d${ms}`);
// Small ones meet often, so that ties between a number and a Date occur.
const small = fc.integer({ min: -1, max: 1 });
const extreme = fc.oneof(
  small,
  small.map((ms) => `d${ms}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
  date,
);
const field = fc.oneof(
  fc.tuple(
    name.map((n) => `+${n}`),
    sum,
  ),
  fc.tuple(
    name.map((n) => `=${n}`),
    fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  ),
  fc.tuple(
    name.map((n) => `>${n}`),
    extreme,
  ),
  fc.tuple(
    name.map((n) => `<${n}`),
    extreme,
  ),
);
const fields: fc.Arbitrary<Fields> = fc
  .array(field, { maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs));

test('the scripts merge as core does', async () => {
  let overflows = 0;
  let id = 0;
  const one = fc.tuple(fields, fields);
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 50 }), async (pairs) => {
      id += 1;
      const write = (number: number, part: 0 | 1): Write => ({
        partition: 0,
        producer: `p${id}`,
        number,
        newEpoch: 'e',
        entries: pairs.map((pair, i) => ({ key: `["${id}","i",${i}]`, fields: pair[part] })),
      });
      await backend.add(write(1, 0));
      const second = await backend.add(write(2, 1));
      const refused = second.outcome === 'applied' ? second.refused : [];
      overflows += refused.length;
      for (const [i, [first, then]] of pairs.entries()) {
        const expected: Fields = { ...first, '@': 5 };
        const overflow = overflowOf(expected, then);
        expect(refused.find(({ index }) => index === i)?.reason).toBe(overflow);
        expect(await backend.read(0, `["${id}","i",${i}]`)).toEqual(expected);
      }
    }),
    { numRuns: 200 },
  );
  expect(overflows).toBeGreaterThan(0);
}, 120_000);

function overflowOf(into: Fields, from: Fields): 'overflow' | undefined {
  try {
    merge(into, from);
    return undefined;
  } catch (error) {
    if (error instanceof OverflowError) return 'overflow';
    throw error;
  }
}
