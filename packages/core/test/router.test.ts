import { crc32 } from 'node:zlib';
import { MAX_PARTITIONS, targetKey } from '@sluice/core/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partitionOf } from '../src/support/partition.js';
import { filters, name } from './arbitraries.js';

const signed = (key: string): number => crc32(key) | 0;

describe('a partition is crc32 of the UTF-8 bytes, unsigned, modulo N', () => {
  test.each([
    ['the check value of CRC-32', '123456789', 0xcbf43926],
    ['empty', '', 0],
    ['two bytes a character', 'é', 0x0e048d3e],
    ['three bytes a character', '€', 0x83f2c8d6],
    ['four bytes a character', '👍', 0xaa3e72b0],
  ])('%s', (_, key, crc) => {
    expect(crc32(key)).toBe(crc);
    for (const n of [1, 2, 7, 8, 100, MAX_PARTITIONS]) expect(partitionOf(key, n)).toBe(crc % n);
  });

  test('also where the signed crc is negative', () => {
    const keys = Array.from({ length: 200 }, (_, id) => targetKey('Page', { id, title: 'Überſicht 👍' }));
    const negative = keys.filter((key) => signed(key) < 0);
    expect(negative.length).toBeGreaterThan(50);
    for (const key of negative) expect(partitionOf(key, 7)).toBe(crc32(Buffer.from(key, 'utf8')) % 7);
  });

  test('however long the key is', () => {
    for (const character of ['a', 'é', '€', '👍']) {
      for (let length = 330; length < 1100; length += 1) {
        const key = character.repeat(length);
        expect(partitionOf(key, MAX_PARTITIONS)).toBe(crc32(key) % MAX_PARTITIONS);
      }
    }
  });

  test('for any key and any number of partitions', () => {
    fc.assert(
      fc.property(name, filters, fc.integer({ min: 1, max: MAX_PARTITIONS }), (model, of, n) => {
        const key = targetKey(model, of);
        expect(partitionOf(key, n)).toBe(crc32(Buffer.from(key, 'utf8')) % n);
      }),
      { numRuns: 500 },
    );
  });
});

test('targets spread evenly over the partitions', () => {
  const counts = new Array<number>(16).fill(0);
  for (let id = 0; id < 16_000; id += 1) {
    const partition = partitionOf(targetKey('Page', { id }), 16);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(900);
  expect(Math.max(...counts)).toBeLessThan(1100);
});
