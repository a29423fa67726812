import { PRODUCER_POINTS, STALL_POINTS, WORKER_POINTS } from './points.js';

const SINGLE = [
  'reply to a write lost',
  'reply to a claim lost',
  'reply to a settlement lost',
  'reply to a COMMIT lost',
  'write arrives late',
  'claim arrives late',
  'settlement arrives late',
  'COMMIT arrives late',
  'Redis connections cut',
  'PostgreSQL connections cut',
  'Redis killed (kill -9), restarted',
  'Redis full (maxmemory)',
  'scripts flushed (SCRIPT FLUSH)',
  'PostgreSQL restarted, fast',
  'PostgreSQL restarted, immediate',
  'PostgreSQL backends terminated',
  'deadlock with a neighbour',
  'clock of a worker jumped',
  'clock of a producer jumped',
  'worker stalled, others fail as it wakes',
] as const;

/** Everything that the laboratory can do to Sluice, in the words of the report. */
export type Fault =
  | (typeof SINGLE)[number]
  | `producer killed ${(typeof PRODUCER_POINTS)[number]}`
  | `worker killed ${(typeof WORKER_POINTS)[number]}`
  | `worker stalled ${(typeof STALL_POINTS)[number]}`;

/** How often each fault strikes. */
export type Counts = Partial<Record<Fault, number>>;

/** In the order of the report. */
export const FAULTS: readonly Fault[] = [
  ...SINGLE.slice(0, 10),
  ...PRODUCER_POINTS.map((point) => `producer killed ${point}` as const),
  ...WORKER_POINTS.map((point) => `worker killed ${point}` as const),
  ...STALL_POINTS.map((point) => `worker stalled ${point}` as const),
  'worker stalled, others fail as it wakes',
  ...SINGLE.slice(10, -1),
];
