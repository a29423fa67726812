import type { Random } from '@sluice/core';
import { integer, pick, randomFor } from '../src/random.js';

/** What a run is made of: drawn from its seed. */
export interface Plan {
  readonly seed: number;
  /** Whether disasters may meet. */
  readonly together: boolean;
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
  readonly weights: ReadonlyMap<EventName, number>;
}

/** What may happen in a run, and how often it is drawn: the use of the program, and what the nemesis does to it. */
const WEIGHTS = {
  count: 30,
  work: 12,
  read: 6,
  flush: 3,
  redrive: 3,
  discard: 1,
  close: 1,
  'process killed': 2,
  'process suspended': 3,
  'clock of a process set': 1,
  'clock of the backend set': 2,
  'backend away': 1,
  'database away': 1,
  'twin started': 2,
  'data wiped': 1,
  'data copied': 3,
  'copy put back': 2,
  'records forgotten': 1,
} as const;

export type EventName = keyof typeof WEIGHTS;
export const EVENTS = Object.keys(WEIGHTS) as EventName[];

/** Events that only some runs have: the others are checked more strictly. */
const OPTIONAL: readonly (readonly EventName[])[] = [
  ['redrive', 'discard'],
  ['close', 'process killed'],
  ['process suspended'],
  ['clock of a process set', 'clock of the backend set'],
];

/** What producers can be told of, or kept from, one at a time: see the README. */
const DISASTERS: readonly (readonly EventName[])[] = [
  ['twin started'],
  ['data wiped'],
  ['data copied', 'copy put back'],
  ['records forgotten'],
];

/** @param together whether disasters may meet in one run */
export function planOf(seed: number, together = false): Plan {
  const random = randomFor(seed, 'plan');
  const only = pick(random, [undefined, ...DISASTERS]);
  const isIn = (events: readonly EventName[]): boolean =>
    DISASTERS.includes(events) && !together ? events === only : random() < 0.6;
  const left = new Set([...OPTIONAL, ...DISASTERS].filter((events) => !isIn(events)).flat());
  return {
    seed,
    together,
    steps: 20 + integer(random, 80),
    paths: Array.from({ length: 1 + integer(random, 5) }, (_, i) => `/${String.fromCharCode(97 + i)}`),
    partitions: drawPartitions(random),
    processes: 1 + integer(random, 4),
    networkFaults: pick(random, [0, 3, 10, 30]),
    databaseFaults: pick(random, [0, 10, 40]),
    rejects: pick(random, [0, 0, 20]),
    weights: new Map(EVENTS.map((event) => [event, left.has(event) ? 0 : WEIGHTS[event]])),
  };
}

function drawPartitions(random: Random): number[] {
  const one = 1 + integer(random, 4);
  return random() < 0.2 ? [one, 1 + integer(random, 4)] : [one];
}

/** Draws an event by its weight. */
export function drawEvent({ weights }: Plan, random: Random): EventName {
  let drawn = random() * [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  for (const [event, weight] of weights) {
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
