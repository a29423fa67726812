import type { Backend, Rule } from '@sluice/core';
import {
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  type RefusalReason,
  type Write,
} from '@sluice/core/backend';
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
// The compiler asks for every rule of core: one that merge.lua lacks fails the test.
const rules: Record<'sum' | Rule, readonly [mark: string, values: fc.Arbitrary<number | string>]> = {
  sum: ['+', sum],
  last: ['=', fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text))],
  max: ['>', extreme],
  min: ['<', extreme],
};
const known = Object.values(rules).map(([mark, values]) => ({
  weight: 6,
  arbitrary: fc.tuple(
    name.map((n) => mark + n),
    values,
  ),
}));
const unknown = {
  weight: 1,
  arbitrary: fc.tuple(fc.constantFrom('*a', '?', '', 'constructor', 'é"'), sum),
};
const fields: fc.Arbitrary<Fields> = fc
  .array(fc.oneof(...known, unknown), { maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs));

const marks = [...Object.values(rules).map(([mark]) => mark), '@'];
const isCorrupt = (entry: Fields): boolean =>
  Object.keys(entry).some((of) => !marks.some((mark) => of.startsWith(mark)));

test('the scripts merge as core does, and keep what neither can read as dead letters', async () => {
  const seen = { overflow: 0, corrupt: 0, buried: 0 };
  let id = 0;
  const one = fc.tuple(fields, fields);
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 50 }), async (pairs) => {
      id += 1;
      const key = (i: number): string => `["${id}","i",${i}]`;
      const joined = await backend.join(0, 1);
      const write = (number: number, part: 0 | 1): Write => ({
        ...joined,
        partition: 0,
        producer: `p${id}`,
        number,
        follows: number - 1,
        nonce: `${number}`,
        entries: pairs.map((pair, i) => ({ key: key(i), fields: pair[part] })),
      });
      await backend.add(write(1, 0));
      const second = await backend.add(write(2, 1));
      const refused = new Map(
        second.status === 'applied' ? second.refused.map(({ index, reason }) => [index, reason]) : [],
      );
      const expected = pairs.map(([first, then], i): Fields => {
        const merged: Fields = { ...first };
        const reasons = Object.entries(then).flatMap(([of, value]) =>
          refusal({ ...merged }, { [of]: value }),
        );
        const reason = refused.get(i);
        if (reason !== undefined) seen[reason] += 1;
        if (reasons.length === 0) merge(merged, then);
        expect(reasons.length === 0 ? [undefined] : reasons).toContain(reason);
        return merged;
      });
      for (const [i, merged] of expected.entries()) {
        const read = backend.read([{ partition: 0, key: key(i) }]);
        if (isCorrupt(merged)) await expect(read).rejects.toThrow(CorruptEntryError);
        else expect(await read).toEqual([{ pending: merged, claimed: undefined }]);
      }
      seen.buried += await process(expected);
    }),
    { numRuns: 200 },
  );
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0);
}, 120_000);

/** Claims the entries and buries those that are corrupt, which cannot be redriven. Resolves with their number. */
async function process(expected: readonly Fields[]): Promise<number> {
  const request = {
    size: 1000,
    bytes: 2 ** 20,
    leaseMs: 1000,
    batchIdPrefix: '0-b',
    claimToken: 't',
    worker: 'worker',
    early: false,
  };
  const claimed = await backend.claim(0, request);
  if (claimed.status !== 'leased') throw new Error(claimed.status);
  const { leaseToken: token, batch } = claimed;
  const corrupt = expected.flatMap((merged, index) => (isCorrupt(merged) ? [index] : []));
  expect(batch.entries.flatMap((entry, index) => ('corrupt' in entry ? [index] : []))).toEqual(corrupt);
  for (const [index, entry] of batch.entries.entries()) {
    if ('fields' in entry) expect(entry.fields).toEqual({ ...expected[index], '@': 5 });
  }
  await backend.bury(
    0,
    token,
    corrupt.map((index) => ({ index, reason: 'unreadable' })),
  );
  const ids = (await backend.deadLetters(0, 0, 1000)).map((letter) => letter.id);
  expect(ids).toHaveLength(corrupt.length);
  expect(await backend.redrive(0, ids)).toEqual([]);
  expect(await backend.discard(0, ids)).toHaveLength(corrupt.length);
  return corrupt.length;
}

function refusal(into: Fields, from: Fields): RefusalReason[] {
  try {
    merge(into, from);
    return [];
  } catch (error) {
    if (error instanceof OverflowError) return ['overflow'];
    if (error instanceof CorruptEntryError) return ['corrupt'];
    throw error;
  }
}
