import type { Random } from '@sluice/core';
import { integer, pick, randomFor } from '../src/random.js';

/** What a run is made of: drawn from its seed. */
export interface Plan {
  readonly seed: number;
  readonly steps: number;
  readonly paths: readonly string[];
  /** Numbers of partitions; each process has one of them. */
  readonly partitions: readonly number[];
  readonly processes: number;
  /** How many calls of a hundred meet a fault. */
  readonly networkFaults: number;
  /** How many deliveries of a hundred meet a fault. */
  readonly databaseFaults: number;
  /** How many entries of a hundred are rejected. */
  readonly rejects: number;
  /** How often each event is drawn. */
  readonly weights: Readonly<Record<EventName, number>>;
}

/** What may happen in a run. Events that begin with a verb of the program are its use; the others are the nemesis. */
export const EVENTS = {
  count: 30,
  work: 12,
  read: 6,
  flush: 3,
  redrive: 3,
  discard: 1,
  close: 1,
  'process killed': 2,
  'process cloned': 2,
  'process suspended': 3,
  'clock of a process set': 1,
  'clock of the backend set': 2,
  'backend away': 1,
  'database away': 1,
  'data wiped': 1,
  'data copied': 3,
  'copy put back': 2,
  'records forgotten': 1,
} as const;

export type EventName = keyof typeof EVENTS;

/** Events that are not part of every run: what a run must be told for is checked more strictly in the others. */
const OPTIONAL: readonly (readonly EventName[])[] = [
  ['data wiped'],
  ['data copied', 'copy put back'],
  ['process cloned'],
  ['process killed', 'close'],
  ['process suspended'],
  ['redrive', 'discard'],
  ['clock of a process set', 'clock of the backend set'],
  ['records forgotten'],
];

const OPTIONAL_SHARE = 0.4;

export function planOf(seed: number): Plan {
  const random = randomFor(seed, 'plan');
  const left = OPTIONAL.filter(() => random() >= OPTIONAL_SHARE).flat();
  const weights = { ...EVENTS } as Record<EventName, number>;
  for (const event of left) weights[event] = 0;
  return {
    seed,
    steps: 20 + integer(random, 80),
    paths: Array.from({ length: 1 + integer(random, 5) }, (_, i) => `/${String.fromCharCode(97 + i)}`),
    partitions: drawPartitions(random),
    processes: 1 + integer(random, 4),
    networkFaults: pick(random, [0, 3, 10, 30]),
    databaseFaults: pick(random, [0, 10, 40]),
    rejects: pick(random, [0, 0, 20]),
    weights,
  };
}

function drawPartitions(random: Random): number[] {
  const one = 1 + integer(random, 4);
  return random() < 0.2 ? [one, 1 + integer(random, 4)] : [one];
}

/** Draws an event by its weight. */
export function drawEvent({ weights }: Plan, random: Random): EventName {
  const events = Object.entries(weights) as [EventName, number][];
  let drawn = random() * events.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [event, weight] of events) {
    drawn -= weight;
    if (drawn < 0) return event;
  }
  return 'count';
}

const PAUSES = [
  { share: 0.7, mostMs: 20 },
  { share: 0.22, mostMs: 2000 },
  { share: 0.06, mostMs: 600_000 },
  { share: 0.02, mostMs: 30 * 3_600_000 },
];

/** How long nothing new happens after an event. */
export function drawPause(random: Random): number {
  let drawn = random();
  const pause = PAUSES.find(({ share }) => {
    drawn -= share;
    return drawn < 0;
  });
  return integer(random, pause?.mostMs ?? 1);
}
