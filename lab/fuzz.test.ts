import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { fuzz } from './fuzz/fuzz.js';
import { report } from './fuzz/report.js';
import { target } from './fuzz/target.js';
import { DECODERS } from './fuzz/targets/decoders.js';
import { INCREMENTS } from './fuzz/targets/increments.js';
import { REPLIES } from './fuzz/targets/replies.js';
import { StoredData } from './fuzz/targets/stored-data.js';
import { URLS } from './fuzz/targets/urls.js';

const stored = await StoredData.open();
afterAll(() => stored[Symbol.asyncDispose]());

test.each(
  [...DECODERS, ...REPLIES, ...URLS, ...INCREMENTS, ...stored.targets].map(
    (each) => [each.name, each] as const,
  ),
)('%s that Sluice did not write end in a value or a typed error', async (_, each) => {
  const results = await fuzz([each], { runs: 2000, seed: 1, target: '' });
  expect(
    results.map(({ failure }) => failure),
    report(results),
  ).toEqual([undefined]);
});

test('an input that breaks a promise is made small, and told with its seed', async () => {
  const short = target('numbers', fc.string(), (text) => {
    if (text.includes('a')) throw new Error('has an a');
  });
  const [result] = await fuzz([short], { runs: 10_000, seed: 7, target: '' });
  expect(result?.failure).toMatch(/^seed 7, input "a"\nError: has an a/);
  expect(report(result === undefined ? [] : [result])).toContain('BROKEN');
});
