import type { Fault } from './nemesis/faults.js';
import type { Schedule } from './nemesis/nemesis.js';
import type { Workload } from './workload/settings.js';

/** One run of the laboratory: its workload, and the rounds of faults. */
export interface Plan extends Workload {
  /** Where the workers' sink writes. */
  readonly database: 'postgres' | 'mariadb';
  /** Where all count: one Redis server, a Redis Cluster, or servers under sentinels. */
  readonly redis: 'server' | 'cluster' | 'sentinel';
  /** For how long a node of the cluster is down that no replica replaces. */
  readonly downMs?: number;
  readonly rounds: readonly Round[];
  readonly producers: number;
  readonly workers: number;
}

/** Faults that are injected side by side; then everything is drained and checked. */
export interface Round extends Schedule {
  /** After that, the dead letters are made pending again and applied. */
  readonly redrive?: boolean;
}

/** The plan with a fault left out. */
export function withoutFault(plan: Plan, fault: Fault): Plan {
  return {
    ...plan,
    rounds: plan.rounds.map((round) => ({ ...round, counts: { ...round.counts, [fault]: 0 } })),
  };
}
