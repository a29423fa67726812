import type { Layout } from './workload.js';

/**
 * The share of the partitions that the busiest of equal nodes has. Tags divide the slots as a van der Corput sequence
 * does: partition 0 is at the beginning, then come ½, ¼, ¾, ⅛ ….
 */
export function busiestShare({ partitions, nodes }: Pick<Layout, 'partitions' | 'nodes'>): number {
  const counts = new Map<number, number>();
  for (let partition = 0; partition < partitions; partition += 1) {
    const node = Math.floor(position(partition) * nodes);
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return Math.max(...counts.values()) / partitions;
}

function position(partition: number): number {
  let result = 0;
  for (let rest = partition, part = 0.5; rest > 0; rest >>= 1, part /= 2) result += (rest & 1) * part;
  return result;
}
