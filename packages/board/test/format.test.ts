import { expect, test } from 'vitest';
import { compact, count } from '../src/page/format.js';

test('numbers have groups of three, and a minus only below zero', () => {
  expect([1_234_567, -12, -0].map(count)).toEqual(['1,234,567', '-12', '0']);
  expect([1_234_567, -1234, -0.01].map(compact)).toEqual(['1.2M', '-1.2K', '0']);
});
