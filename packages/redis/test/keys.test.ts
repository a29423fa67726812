import calculateSlot from 'cluster-key-slot';
import { expect, test } from 'vitest';
import { Keys, tagOf } from '../src/keys.js';

test('the first N tags divide the slots evenly, for any N', () => {
  const slots = Array.from({ length: 256 }, (_, partition) => calculateSlot(tagOf(partition)));
  for (let n = 2; n <= 256; n *= 2) {
    const shares = slots.slice(0, n).map((slot) => Math.floor(slot / (16_384 / n)));
    expect(new Set(shares).size).toBe(n);
  }
});

test('each of the 4096 tags lies in its share of the slots', () => {
  for (let partition = 256; partition < 4096; partition += 1) {
    const bits = partition.toString(2);
    const share = Number.parseInt([...bits].reverse().join(''), 2);
    expect(Math.floor(calculateSlot(tagOf(partition)) / (16_384 / 2 ** bits.length))).toBe(share);
  }
});

test('equal nodes get as many partitions as each other, within two, for any number of nodes', () => {
  const slots = Array.from({ length: 256 }, (_, partition) => calculateSlot(tagOf(partition)));
  for (const partitions of [8, 16, 64, 256]) {
    for (let nodes = 3; nodes <= partitions; nodes += 1) {
      const counts = new Array<number>(nodes).fill(0);
      for (const slot of slots.slice(0, partitions)) {
        const node = nodeOf(slot, nodes);
        counts[node] = (counts[node] as number) + 1;
      }
      const mean = partitions / nodes;
      expect(Math.max(...counts)).toBeLessThan(mean + 2);
      expect(Math.min(...counts)).toBeGreaterThan(mean - 2);
    }
  }
});

test('tags never change: entries wait under them', () => {
  expect([0, 1, 2, 3, 15, 100, 4095].map(tagOf)).toMatchInlineSnapshot(`
    [
      "0-113",
      "1-175",
      "2-24",
      "3-421",
      "15-255",
      "100-4",
      "4095-5000",
    ]
  `);
});

test('all keys of a partition share a slot', () => {
  const slots = Object.values(new Keys('app').of(3)).map((key) => calculateSlot(key));
  expect(new Set(slots).size).toBe(1);
});

/** As `redis-cli --cluster create` divides the slots. */
function nodeOf(slot: number, nodes: number): number {
  const each = 16_384 / nodes;
  let node = 0;
  while (node < nodes - 1 && slot >= Math.round((node + 1) * each)) node += 1;
  return node;
}
