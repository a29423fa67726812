import type { Costs } from './costs.js';
import { greatest } from './greatest.js';
import { CONCURRENCY, type Load, loadOf } from './load.js';
import type { Layout, Workload } from './workload.js';

/** What can be full. */
export const LIMITS = {
  process: 'CPU of a counting process',
  nodeCpu: 'CPU of the busiest Redis node',
  nodeMemory: 'memory of the busiest Redis node',
  workers: 'CPU of the workers',
  sinks: 'batches under way',
  database: 'rows of the database',
} as const;

export type LimitName = keyof typeof LIMITS;

/** Shares of what is there: 1 is full. */
export type Uses = Readonly<Record<LimitName, number>>;

export interface Limit {
  readonly limit: LimitName;
  readonly use: number;
  /** The increments a second at which it is full, in the same layout. Left out if no rate fills it. */
  readonly fullAt?: number;
}

// Beyond a thousand times the rate, nobody cares.
const FARTHEST = 1000;

export function usesOf({ free, nodeMemory, dbRows }: Workload, layout: Layout, load: Load): Uses {
  const { partitions, workers } = layout;
  return {
    process: load.process.cpu,
    nodeCpu: load.redis.busiestNodeCpu / (1 - free),
    nodeMemory: load.backlog.busiestNodeBytes / (nodeMemory * 1e9),
    workers: load.out.workerCpu / workers,
    sinks: load.out.batchesAtATime / Math.min(partitions, workers * CONCURRENCY),
    database: load.out.rowsPerSecond / dbRows,
  };
}

/** All limits, the one that a growing rate meets first at the beginning. */
export function limitsOf(workload: Workload, layout: Layout, costs: Costs): Limit[] {
  const usesAt = (rate: number): Uses => {
    const grown = { ...workload, rate };
    return usesOf(grown, layout, loadOf(grown, layout, costs));
  };
  const uses = usesAt(workload.rate);
  const limits = (Object.keys(LIMITS) as LimitName[]).map((limit): Limit => {
    const holds = (rate: number): boolean => usesAt(rate)[limit] <= 1;
    const most = workload.rate * FARTHEST;
    if (holds(most)) return { limit, use: uses[limit] };
    return { limit, use: uses[limit], fullAt: greatest(holds, workload.rate / FARTHEST, most) };
  });
  return limits.sort((a, b) => (a.fullAt ?? Infinity) - (b.fullAt ?? Infinity) || b.use - a.use);
}
