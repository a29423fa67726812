import type { GuardName } from './guards/guards.js';
import { type Counts, FAULTS, type Fault, forEach } from './nemesis/faults.js';
import type { Plan } from './plan.js';
import { PRODUCER_FAILPOINTS, STALL_FAILPOINTS, WORKER_FAILPOINTS } from './workload/failpoints.js';

const USUAL = {
  producers: 4,
  workers: 4,
  partitions: 4,
  batchSize: 10,
  leaseMs: 600,
  slowShare: 0.03,
  paceMs: 12,
  impatientShare: 0.3,
} as const;

/** How often each fault is injected: in the short run, and in each of the long run's rounds. */
const COUNTS: Readonly<Record<Fault, { readonly short: number; readonly long: number }>> = {
  'reply to a write lost': { short: 80, long: 650 },
  'reply to a claim lost': { short: 25, long: 180 },
  'reply to a settlement lost': { short: 35, long: 220 },
  'reply to a COMMIT lost': { short: 10, long: 40 },
  'write arrives late': { short: 8, long: 40 },
  'claim arrives late': { short: 4, long: 15 },
  'settlement arrives late': { short: 4, long: 15 },
  'COMMIT arrives late': { short: 4, long: 15 },
  'Redis connections cut': { short: 4, long: 20 },
  'PostgreSQL connections cut': { short: 4, long: 20 },
  ...forEach('producer killed', PRODUCER_FAILPOINTS, () => ({ short: 3, long: 8 })),
  ...forEach('worker killed', WORKER_FAILPOINTS, () => ({ short: 3, long: 11 })),
  ...forEach('worker stalled', STALL_FAILPOINTS, () => ({ short: 2, long: 2 })),
  'worker stalled, others fail as it wakes': { short: 1, long: 1 },
  'Redis killed (kill -9), restarted': { short: 5, long: 21 },
  'Redis full (maxmemory)': { short: 2, long: 5 },
  'scripts flushed (SCRIPT FLUSH)': { short: 3, long: 10 },
  'PostgreSQL restarted, fast': { short: 1, long: 3 },
  'PostgreSQL restarted, immediate': { short: 1, long: 3 },
  'PostgreSQL backends terminated': { short: 4, long: 20 },
  'deadlock with another client': { short: 2, long: 6 },
  'clock of a worker jumped': { short: 4, long: 15 },
  'clock of a producer jumped': { short: 4, long: 10 },
};

/** Every fault a few times, within a minute. */
export const SHORT: Plan = {
  ...USUAL,
  rounds: [{ name: 'everything at once', lastsMs: 15_000, counts: countsOf('short') }],
};

/** Faults by the thousand. */
export const LONG: Plan = {
  ...USUAL,
  rounds: Array.from({ length: 10 }, (_, i) => ({
    name: `everything at once, ${i + 1} of 10`,
    lastsMs: 60_000,
    redrive: i % 2 === 0,
    counts: countsOf('long'),
  })),
};

// A run ends with its first drift, so a removed guard rarely needs more than one round.
const MAX_ROUNDS = 5;

/** For each guard, the faults that it protects from. */
export const WITHOUT: Readonly<Record<GuardName, Plan>> = {
  'number check': attack('number check', { 'reply to a write lost': 20 }, { lastsMs: 2000 }),
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

function countsOf(run: 'short' | 'long'): Counts {
  return Object.fromEntries(FAULTS.map((fault) => [fault, COUNTS[fault][run]]));
}
