import assert from 'node:assert/strict';
import { createBuffer, type Entry, InvalidInputError } from '@sluice/core';
import { memory } from '@sluice/memory';
import fc from 'fast-check';
import { snippet } from '../hostile.js';
import { type Target, target } from '../target.js';

const value = fc.oneof(snippet, fc.anything({ withBigInt: true, withDate: true, maxDepth: 2 }));
const names = fc.oneof(fc.constantFrom('Page', 'views', 'constructor'), snippet);
const increment = fc.record({
  model: names,
  column: names,
  amount: value,
  filter: names,
  by: value,
  id: snippet,
});

/** What users pass, whatever it is: refused in few words, or counted exactly. */
export const INCREMENTS: readonly Target[] = [
  target(
    'increments',
    increment,
    async ({ model, column, amount, filter, by, id }) => {
      const applied: Entry[] = [];
      const sink = async ({ entries }: { readonly entries: readonly Entry[] }) =>
        void applied.push(...entries);
      await using buffer = createBuffer({ backend: memory(), partitions: 1, sink });
      const filters = Object.fromEntries([[filter, withoutMinusZero(by)]]);
      const columns = Object.fromEntries([[column, withoutMinusZero(amount)]]);
      const calls = [
        buffer.incr(model, columns as never, filters as never, filters as never),
        buffer.get(model, [column], filters as never),
        buffer.deadLetters.discard([id]),
      ];
      const [counted, ...others] = await Promise.allSettled(calls);
      for (const outcome of [counted, ...others])
        if (outcome?.status === 'rejected') expectShort(outcome.reason);
      if (counted?.status !== 'fulfilled') return;
      await buffer.processPending();
      const [entry] = applied;
      assert.deepEqual([entry?.model, entry?.columns, entry?.filters], [model, columns, filters]);
    },
    0.1,
  ),
];

/** For Sluice, -0 is 0. */
function withoutMinusZero(value: unknown): unknown {
  return typeof value === 'number' ? value + 0 : value;
}

/** @throws Error unless the error says briefly what cannot be used. */
function expectShort(error: unknown): void {
  if (error instanceof InvalidInputError && error.message.length <= 600) return;
  throw new Error('an error of the wrong kind', { cause: error });
}
