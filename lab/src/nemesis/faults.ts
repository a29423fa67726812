import { PRODUCER_FAILPOINTS, STALL_FAILPOINTS, WORKER_FAILPOINTS } from '../workload/failpoints.js';

/** What happens to a Redis Cluster. */
export const CLUSTER_FAULTS = [
  'master of the cluster killed, its replica promoted',
  'replica of the cluster cut off, then promoted',
  'replica promoted that lacks more than producers keep',
  'slot of a partition moved',
  'node of the cluster down, others go on',
] as const;

/** What happens to Redis servers under sentinels. */
export const SENTINEL_FAULTS = [
  'failover by a sentinel',
  'master under sentinels killed, a replica promoted',
  'old master kept alive, and written to',
] as const;

/** All that the nemesis can do to Sluice, named and ordered as in the report. */
export const FAULTS = [
  'reply to a write lost',
  'reply to a claim lost',
  'reply to a settlement lost',
  'reply to a COMMIT lost',
  'reply to a join lost',
  'write arrives late',
  'claim arrives late',
  'settlement arrives late',
  'COMMIT arrives late',
  'write executed, error reply',
  'settlement executed, error reply',
  'write refused by a proxy',
  'claim refused by a proxy',
  'Redis connection silent, at a write',
  'Redis connection silent, at a claim',
  'database connection silent, in a transaction',
  'database connection silent, at a COMMIT',
  'Redis connections cut',
  'database connections cut',
  ...PRODUCER_FAILPOINTS.map((failpoint) => `producer killed ${failpoint}` as const),
  ...WORKER_FAILPOINTS.map((failpoint) => `worker killed ${failpoint}` as const),
  ...STALL_FAILPOINTS.map((failpoint) => `worker stalled ${failpoint}` as const),
  'worker stalled, others fail as it wakes',
  'producer suspended, its record forgotten',
  'producers cloned',
  'records of producers forgotten',
  'Redis killed (kill -9), restarted',
  'Redis restored from a snapshot',
  'Redis wiped (FLUSHALL)',
  'Redis full (maxmemory)',
  'scripts flushed (SCRIPT FLUSH)',
  'rights withdrawn (ACL SETUSER)',
  'clock of Redis moved',
  'PostgreSQL restarted, fast',
  'PostgreSQL restarted, immediate',
  'PostgreSQL away for longer than all attempts',
  'PostgreSQL backends terminated',
  'deadlock with another client',
  'deadlock as a batch is taken apart',
  'lock timeout as a batch is taken apart',
  'batch unknown to the old release',
  'clock of a worker jumped',
  'clock of a producer jumped',
  ...CLUSTER_FAULTS,
  ...SENTINEL_FAULTS,
] as const;

export type Fault = (typeof FAULTS)[number];

/** How often each fault is injected. */
export type Counts = Readonly<Partial<Record<Fault, number>>>;

/** Something for each failpoint, under the name of the fault that it is part of. */
export function forEach<W extends string, F extends string, T>(
  what: W,
  failpoints: readonly F[],
  make: (failpoint: F) => T,
): Record<`${W} ${F}`, T> {
  return Object.fromEntries(
    failpoints.map((failpoint) => [`${what} ${failpoint}`, make(failpoint)]),
  ) as Record<`${W} ${F}`, T>;
}
