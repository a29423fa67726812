import { OverflowError } from '../../errors.js';
import { quote } from '../../support/text.js';
import { mustBe } from '../../support/validate.js';
import { parseInteger } from './numbers.js';
import type { IncrementRule } from './rule.js';

/** Columns add up, within the integers that numbers hold exactly. */
export const SUM: IncrementRule<'sum', number> = {
  name: 'sum',
  mark: '+',
  encode: amountOf,
  combine: add,
  parse: parseInteger,
  decode: (sum) => sum,
};

/** @throws InvalidInputError */
export function amountOf(column: string, amount: unknown): number {
  // Adding zero turns -0, which integer text cannot express, into 0.
  if (Number.isSafeInteger(amount)) return (amount as number) + 0;
  const subject = { code: 'ERR_SLUICE_INVALID_AMOUNT', name: `The amount of ${quote(column)}` } as const;
  throw mustBe(subject, 'an integer of at most 2^53 − 1 either way', amount);
}

/** @throws OverflowError */
export function add(old: number, amount: number, field: string): number {
  const sum = old + amount;
  if (!Number.isSafeInteger(sum)) throw new OverflowError(field);
  return sum;
}
