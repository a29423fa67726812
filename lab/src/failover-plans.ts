import type { Counts } from './nemesis/faults.js';
import type { Plan, Round } from './plan.js';
import { USUAL } from './usual.js';

const TIMEOUT_MS = 200;

/** On three masters and a replica of each. */
export const ON_CLUSTER = {
  ...USUAL,
  redis: 'cluster',
  partitions: 8,
  durability: { replicas: 1, timeoutMs: TIMEOUT_MS },
  // The partitions of a node that is down must not keep a producer from the others.
  maxUnderWay: 50_000,
  // So that producers soon have more than they keep.
  hugeShare: 0.1,
} as const satisfies Partial<Plan>;

/** On a master and two replicas: either may be promoted, so both must have a claim. */
const ON_SENTINEL = {
  ...USUAL,
  redis: 'sentinel',
  durability: { replicas: 2, timeoutMs: TIMEOUT_MS },
} as const satisfies Partial<Plan>;

const CLUSTER_SHORT: Counts = {
  'master of the cluster killed, its replica promoted': 1,
  'replica of the cluster cut off, then promoted': 2,
  'slot of a partition moved': 2,
  'node of the cluster down, others go on': 1,
};

const CLUSTER_LONG: Counts = {
  'master of the cluster killed, its replica promoted': 10,
  'replica of the cluster cut off, then promoted': 4,
  'slot of a partition moved': 4,
};

const SENTINEL_SHORT: Counts = {
  'failover by a sentinel': 2,
  'master under sentinels killed, a replica promoted': 1,
  'old master kept alive, and written to': 1,
};

const SENTINEL_LONG: Counts = {
  'failover by a sentinel': 7,
  'master under sentinels killed, a replica promoted': 3,
  'old master kept alive, and written to': 2,
};

/** The plans on several servers, which fail over. */
export const FAILOVER_PLANS: Readonly<
  Record<'cluster' | 'sentinel', { readonly short: Plan; readonly long: Plan }>
> = {
  cluster: {
    short: {
      ...ON_CLUSTER,
      downMs: 2500,
      rounds: [{ name: 'cluster', lastsMs: 4000, counts: CLUSTER_SHORT }],
    },
    long: {
      ...ON_CLUSTER,
      downMs: 60_000,
      rounds: [
        ...rounds('cluster', 5, CLUSTER_LONG),
        // It begins when every replica has its partitions, and the node is down for a minute: that is to end within the patience.
        { name: 'node down', lastsMs: 10_000, counts: { 'node of the cluster down, others go on': 1 } },
        {
          name: 'too far behind',
          lastsMs: 1000,
          counts: { 'replica promoted that lacks more than producers keep': 3 },
        },
      ],
    },
  },
  sentinel: {
    short: { ...ON_SENTINEL, rounds: [{ name: 'sentinels', lastsMs: 4000, counts: SENTINEL_SHORT }] },
    long: { ...ON_SENTINEL, rounds: rounds('sentinels', 5, SENTINEL_LONG) },
  },
};

function rounds(name: string, count: number, counts: Counts): Round[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${name}, ${i + 1} of ${count}`,
    lastsMs: 30_000,
    counts,
  }));
}
