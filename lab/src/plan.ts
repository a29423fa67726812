import type { Counts, Fault } from './faults.js';
import type { GuardName } from './guards.js';
import { PRODUCER_POINTS, STALL_POINTS, WORKER_POINTS } from './points.js';

/** Faults that strike side by side; the books are balanced after each round. */
export interface Round {
  readonly name: string;
  readonly counts: Counts;
  /** The time that the faults are spread over. */
  readonly lastsMs: number;
  /** Afterwards the dead letters are made pending again, and applied. */
  readonly redrive?: boolean;
}

/** One run of the laboratory. */
export interface Plan {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly producers: number;
  readonly workers: number;
  readonly partitions: number;
  readonly batchSize: number;
  readonly leaseMs: number;
  /** The share of transactions that take up to most of a lease. */
  readonly slowShare: number;
  /** Time between two bursts of a producer, on average. */
  readonly paceMs: number;
}

const USUAL = {
  producers: 4,
  workers: 4,
  partitions: 4,
  batchSize: 10,
  leaseMs: 600,
  slowShare: 0.03,
  paceMs: 12,
} as const;

/** Every fault a few times, within a minute. */
export const SHORT: Plan = {
  ...USUAL,
  name: 'short',
  rounds: [
    {
      name: 'everything at once',
      lastsMs: 15_000,
      counts: {
        'reply to a write lost': 80,
        'reply to a claim lost': 25,
        'reply to a settlement lost': 35,
        'reply to a COMMIT lost': 10,
        'write arrives late': 8,
        'claim arrives late': 4,
        'settlement arrives late': 4,
        'COMMIT arrives late': 4,
        'Redis connections cut': 4,
        'PostgreSQL connections cut': 4,
        ...each('producer killed', PRODUCER_POINTS, 3),
        ...each('worker killed', WORKER_POINTS, 3),
        ...each('worker stalled', STALL_POINTS, 2),
        'worker stalled, others fail as it wakes': 1,
        'Redis killed (kill -9), restarted': 5,
        'Redis full (maxmemory)': 2,
        'scripts flushed (SCRIPT FLUSH)': 3,
        'PostgreSQL restarted, fast': 1,
        'PostgreSQL restarted, immediate': 1,
        'PostgreSQL backends terminated': 4,
        'deadlock with a neighbour': 2,
        'clock of a worker jumped': 4,
        'clock of a producer jumped': 4,
      },
    },
  ],
};

/** Faults by the thousand. */
export const LONG: Plan = {
  ...USUAL,
  name: 'long',
  rounds: Array.from({ length: 10 }, (_, i) => ({
    name: `everything at once, ${i + 1} of 10`,
    lastsMs: 60_000,
    redrive: i % 2 === 0,
    counts: {
      'reply to a write lost': 650,
      'reply to a claim lost': 180,
      'reply to a settlement lost': 220,
      'reply to a COMMIT lost': 40,
      'write arrives late': 40,
      'claim arrives late': 15,
      'settlement arrives late': 15,
      'COMMIT arrives late': 15,
      'Redis connections cut': 20,
      'PostgreSQL connections cut': 20,
      ...each('producer killed', PRODUCER_POINTS, 8),
      ...each('worker killed', WORKER_POINTS, 11),
      ...each('worker stalled', STALL_POINTS, 2),
      'worker stalled, others fail as it wakes': 1,
      'Redis killed (kill -9), restarted': 21,
      'Redis full (maxmemory)': 5,
      'scripts flushed (SCRIPT FLUSH)': 10,
      'PostgreSQL restarted, fast': 3,
      'PostgreSQL restarted, immediate': 3,
      'PostgreSQL backends terminated': 20,
      'deadlock with a neighbour': 6,
      'clock of a worker jumped': 15,
      'clock of a producer jumped': 10,
    },
  })),
};

/** For each guard, the fewest faults that show what happens without it. */
export const WITHOUT: Record<GuardName, Plan> = {
  'number check': small('without the number check', { 'reply to a write lost': 20 }, { lastsMs: 2000 }),
  ledger: small(
    'without the ledger',
    { 'reply to a COMMIT lost': 6, 'worker killed after commit': 3 },
    { lastsMs: 2000 },
  ),
  token: small(
    'without the token',
    { 'worker stalled, others fail as it wakes': 6 },
    // Transactions take a while, so that the one who wakes finds another at work on the next batch.
    { lastsMs: 4000, slowShare: 1, partitions: 1, leaseMs: 300 },
  ),
  'frozen payload': small('without the frozen payload', { 'reply to a write lost': 40 }, { lastsMs: 3000 }),
};

function small(name: string, counts: Counts, settings: Partial<Plan> & { lastsMs: number }): Plan {
  const { lastsMs, ...others } = settings;
  return { ...USUAL, producers: 3, workers: 3, ...others, name, rounds: [{ name, counts, lastsMs }] };
}

function each<P extends string, Q extends string>(what: Q, points: readonly P[], count: number) {
  return Object.fromEntries(points.map((point) => [`${what} ${point}`, count])) as Record<
    `${Q} ${P}` & Fault,
    number
  >;
}
