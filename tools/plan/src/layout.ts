import type { Costs } from './costs.js';
import { usesOf } from './limits.js';
import { CONCURRENCY, loadOf } from './load.js';
import type { Layout, Workload } from './workload.js';

/** What the user decided; the rest is worked out. */
export type Given = Partial<Pick<Layout, 'partitions' | 'nodes'>>;

const MOST_NODES = 1000;
const MOST_PARTITIONS = 4096;
const LEAST_PARTITIONS = 8;
// With fewer, one node of several may get half as much again as another.
const PARTITIONS_A_NODE = 4;
// Of the workers and their partitions, so that a backlog goes down again.
const BUSY = 0.7;
// One goes on when the other dies.
const LEAST_WORKERS = 2;

/** The one with the fewest nodes that carries the workload; if none does, the one that is nearest to it. */
export function layoutFor(workload: Workload, given: Given, costs: Costs): Layout {
  let nearest: { readonly layout: Layout; readonly use: number } | undefined;
  for (const nodes of given.nodes === undefined ? nodeCounts() : [given.nodes]) {
    const layout = layoutWith(nodes, workload, given, costs);
    const { nodeCpu, nodeMemory } = usesOf(workload, layout, loadOf(workload, layout, costs));
    const use = Math.max(nodeCpu, nodeMemory);
    if (use <= 1) return layout;
    if (nearest === undefined || use < nearest.use) nearest = { layout, use };
  }
  return (nearest as { layout: Layout }).layout;
}

/** A Cluster has at least three masters. Of many nodes, a few more or less make no difference. */
function* nodeCounts(): Generator<number> {
  yield 1;
  for (let nodes = 3; nodes <= MOST_NODES; nodes = Math.ceil(nodes * 1.04)) yield nodes;
}

function layoutWith(nodes: number, workload: Workload, given: Given, costs: Costs): Layout {
  const alone = { partitions: given.partitions ?? LEAST_PARTITIONS, nodes, workers: LEAST_WORKERS };
  const { batchesAtATime } = loadOf(workload, alone, costs).out;
  const partitions =
    given.partitions ??
    powerOfTwo(Math.max(LEAST_PARTITIONS, nodes > 1 ? PARTITIONS_A_NODE * nodes : 1, batchesAtATime / BUSY));
  const { workerCpu } = loadOf(workload, { ...alone, partitions }, costs).out;
  const workers = Math.max(
    LEAST_WORKERS,
    Math.ceil(Math.max(workerCpu, batchesAtATime / CONCURRENCY) / BUSY),
  );
  return { partitions, nodes, workers };
}

function powerOfTwo(atLeast: number): number {
  return Math.min(MOST_PARTITIONS, 2 ** Math.ceil(Math.log2(atLeast)));
}
