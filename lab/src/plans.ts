import { FAILOVER_PLANS, ON_CLUSTER } from './failover-plans.js';
import type { GuardName } from './guards/guards.js';
import {
  CLUSTER_FAULTS,
  type Counts,
  FAULTS,
  type Fault,
  forEach,
  SENTINEL_FAULTS,
} from './nemesis/faults.js';
import type { Plan, Round } from './plan.js';
import { USUAL } from './usual.js';
import { PRODUCER_FAILPOINTS, STALL_FAILPOINTS, WORKER_FAILPOINTS } from './workload/failpoints.js';

type SingleFault = Exclude<Fault, (typeof CLUSTER_FAULTS)[number] | (typeof SENTINEL_FAULTS)[number]>;

/** Those of one Redis server, and of what is around it. */
const SINGLE_FAULTS = FAULTS.filter(
  (fault): fault is SingleFault =>
    !(CLUSTER_FAULTS as readonly Fault[]).includes(fault) &&
    !(SENTINEL_FAULTS as readonly Fault[]).includes(fault),
);

/** How often each fault is injected: in the short run, and in each of the long run's rounds. */
const COUNTS: Readonly<Record<SingleFault, { readonly short: number; readonly long: number }>> = {
  'reply to a write lost': { short: 60, long: 650 },
  'reply to a claim lost': { short: 15, long: 180 },
  'reply to a settlement lost': { short: 20, long: 220 },
  'reply to a COMMIT lost': { short: 10, long: 40 },
  'reply to a join lost': { short: 4, long: 15 },
  'write arrives late': { short: 8, long: 40 },
  'claim arrives late': { short: 4, long: 15 },
  'settlement arrives late': { short: 4, long: 15 },
  'COMMIT arrives late': { short: 4, long: 15 },
  'write executed, error reply': { short: 8, long: 40 },
  'settlement executed, error reply': { short: 4, long: 20 },
  'write refused by a proxy': { short: 6, long: 20 },
  'claim refused by a proxy': { short: 4, long: 20 },
  'Redis connection silent, at a write': { short: 2, long: 8 },
  'Redis connection silent, at a claim': { short: 2, long: 8 },
  'database connection silent, in a transaction': { short: 1, long: 5 },
  'database connection silent, at a COMMIT': { short: 1, long: 5 },
  'Redis connections cut': { short: 4, long: 20 },
  'database connections cut': { short: 4, long: 20 },
  ...forEach('producer killed', PRODUCER_FAILPOINTS, () => ({ short: 3, long: 8 })),
  ...forEach('worker killed', WORKER_FAILPOINTS, () => ({ short: 3, long: 11 })),
  ...forEach('worker stalled', STALL_FAILPOINTS, () => ({ short: 2, long: 2 })),
  'worker stalled, others fail as it wakes': { short: 1, long: 1 },
  'producer suspended, its record forgotten': { short: 1, long: 3 },
  'producers cloned': { short: 2, long: 10 },
  'records of producers forgotten': { short: 1, long: 3 },
  'Redis killed (kill -9), restarted': { short: 4, long: 21 },
  'Redis restored from a snapshot': { short: 1, long: 5 },
  'Redis wiped (FLUSHALL)': { short: 2, long: 5 },
  'Redis full (maxmemory)': { short: 2, long: 5 },
  'scripts flushed (SCRIPT FLUSH)': { short: 3, long: 10 },
  'rights withdrawn (ACL SETUSER)': { short: 3, long: 12 },
  'clock of Redis moved': { short: 6, long: 20 },
  'PostgreSQL restarted, fast': { short: 1, long: 3 },
  'PostgreSQL restarted, immediate': { short: 1, long: 3 },
  'PostgreSQL away for longer than all attempts': { short: 1, long: 2 },
  'PostgreSQL backends terminated': { short: 4, long: 20 },
  'deadlock with another client': { short: 2, long: 6 },
  'deadlock as a batch is taken apart': { short: 3, long: 30 },
  'lock timeout as a batch is taken apart': { short: 1, long: 10 },
  'batch unknown to the old release': { short: 3, long: 30 },
  'clock of a worker jumped': { short: 4, long: 15 },
  'clock of a producer jumped': { short: 4, long: 10 },
};

/** Faults that need a round without most others, and what goes along with each. */
const APART = {
  // Nothing but the producers can make up for what the data has lost: none of them must be gone.
  'Redis restored from a snapshot': ['reply to a write lost', 'write arrives late', 'Redis connections cut'],
  // What a producer has lost, only itself can tell.
  'Redis wiped (FLUSHALL)': ['reply to a write lost', 'reply to a claim lost', 'worker killed after commit'],
  // Another fault would start it again.
  'PostgreSQL away for longer than all attempts': ['Redis killed (kill -9), restarted', 'producers cloned'],
} as const satisfies Partial<Record<SingleFault, readonly SingleFault[]>>;

/** What happens to workers and their database, where that is MariaDB. */
const ON_MARIADB: readonly SingleFault[] = [
  'reply to a COMMIT lost',
  'COMMIT arrives late',
  'database connection silent, in a transaction',
  'database connection silent, at a COMMIT',
  'database connections cut',
  ...STALL_FAILPOINTS.map((failpoint) => `worker killed ${failpoint}` as const),
  ...STALL_FAILPOINTS.map((failpoint) => `worker stalled ${failpoint}` as const),
  'deadlock as a batch is taken apart',
  'lock timeout as a batch is taken apart',
  'batch unknown to the old release',
  'clock of a worker jumped',
];

/** Every fault a few times, within half a minute on an idle machine. */
const SHORT: Plan = {
  ...USUAL,
  rounds: [
    { name: 'everything at once', lastsMs: 8000, counts: togetherIn('short') },
    ...apartIn('short', 1000),
  ],
};

/** Faults by the thousand. */
const LONG: Plan = {
  ...USUAL,
  rounds: Array.from({ length: 10 }, (_, i) => [
    {
      name: `everything at once, ${i + 1} of 10`,
      lastsMs: 60_000,
      redrive: i % 2 === 0,
      counts: togetherIn('long'),
    },
    ...apartIn('long', 5000),
  ]).flat(),
};

// Many batches hold an entry that is rejected, so that they are taken apart.
const MARIADB = { ...USUAL, database: 'mariadb', unwelcomeShare: 0.03 } as const;

/** The plans, by what they are about: everything, on PostgreSQL; what concerns MariaDB; what fails over. */
export const PLANS: Readonly<
  Record<Plan['database'] | 'cluster' | 'sentinel', { readonly short: Plan; readonly long: Plan }>
> = {
  ...FAILOVER_PLANS,
  postgres: { short: SHORT, long: LONG },
  mariadb: {
    short: {
      ...MARIADB,
      rounds: [{ name: 'MariaDB', lastsMs: 6000, counts: countsOf(ON_MARIADB, 'short') }],
    },
    long: {
      ...MARIADB,
      rounds: Array.from({ length: 5 }, (_, i) => ({
        name: `MariaDB, ${i + 1} of 5`,
        lastsMs: 45_000,
        redrive: i % 2 === 0,
        counts: countsOf(ON_MARIADB, 'long'),
      })),
    },
  },
};

// A run ends with its first drift, so a removed guard rarely needs more than one round.
const MAX_ROUNDS = 5;

/** For each guard, the faults that it protects from. */
export const WITHOUT: Readonly<Record<GuardName, Plan>> = {
  'number check': attack('number check', { 'reply to a write lost': 20 }, { lastsMs: 2000 }),
  nonce: attack('nonce', { 'producers cloned': 3 }, { lastsMs: 1000 }),
  'floor check': attack(
    'floor check',
    { 'producer suspended, its record forgotten': 2 },
    // Young producers still have all that they ever wrote.
    { lastsMs: 500 },
  ),
  'epoch check': attack('epoch check', { 'Redis wiped (FLUSHALL)': 2 }, { lastsMs: 1000 }),
  'time in batch ids': attack('time in batch ids', { 'Redis wiped (FLUSHALL)': 3 }, { lastsMs: 1000 }),
  ledger: attack(
    'ledger',
    { 'reply to a COMMIT lost': 6, 'worker killed after commit': 3 },
    { lastsMs: 2000 },
  ),
  token: attack(
    'token',
    { 'worker stalled, others fail as it wakes': 6 },
    // Transactions take a while, so that the one who wakes finds another at work on the next batch.
    { lastsMs: 4000, slowShare: 1, partitions: 1, leaseMs: 300 },
  ),
  'end of a transaction': attack(
    'end of a transaction',
    { 'deadlock as a batch is taken apart': 3 },
    { ...MARIADB, lastsMs: 1000 },
  ),
  'replicated claim': attack(
    'replicated claim',
    { 'replica of the cluster cut off, then promoted': 2 },
    // Who does not rely on replicas must not wait for them until the master is killed.
    { ...ON_CLUSTER, hugeShare: 0.01, lastsMs: 1000, durability: { replicas: 1, timeoutMs: 20 } },
  ),
  'connection of a claim': attack(
    'connection of a claim',
    { 'replica of the cluster cut off, then promoted': 2 },
    // A lease that outlasts the failover, or who waited for so long would know that it is over.
    { ...ON_CLUSTER, hugeShare: 0.01, leaseMs: 15_000, lastsMs: 1000 },
  ),
  'frozen payload': attack('frozen payload', { 'reply to a write lost': 40 }, { lastsMs: 3000 }),
};

function attack(guard: GuardName, counts: Counts, settings: Partial<Plan> & { lastsMs: number }): Plan {
  const { lastsMs, ...others } = settings;
  return {
    ...USUAL,
    producers: 3,
    workers: 3,
    // A guard that watches over repeats is not tested by a producer that gives up before it repeats its write.
    impatientShare: 0,
    ...others,
    rounds: Array.from({ length: MAX_ROUNDS }, (_, i) => ({
      name: `without the ${guard}, ${i + 1} of at most ${MAX_ROUNDS}`,
      counts,
      lastsMs,
    })),
  };
}

/** How often each fault is injected in a round of all that get on with each other. */
function togetherIn(run: 'short' | 'long'): Counts {
  return countsOf(
    SINGLE_FAULTS.filter((fault) => !(fault in APART) && !fault.endsWith('as a batch is taken apart')),
    run,
  );
}

function countsOf(faults: readonly SingleFault[], run: 'short' | 'long'): Counts {
  return Object.fromEntries(faults.map((fault) => [fault, COUNTS[fault][run]]));
}

/** A round for each of the faults that need one. */
function apartIn(run: 'short' | 'long', lastsMs: number): Round[] {
  return Object.entries(APART).map(([fault, others]) => ({
    name: fault,
    lastsMs,
    counts: Object.fromEntries([
      [fault, COUNTS[fault as SingleFault][run]],
      ...others.map((other) => [other, 2] as const),
    ]),
  }));
}
