import { greatest } from './greatest.js';
import { chanceOfAny, type Distribution } from './zipf.js';

/** A process writes early when it holds this share of `maxTargets`. */
const NEARLY_FULL = 7 / 8;

/** A write has so many targets at most. */
const WRITE_TARGETS = 250;

/** How one process gathers increments. */
export interface Gathering {
  /** Increments a second. */
  readonly rate: number;
  readonly windowMs: number;
  readonly maxTargets: number;
}

/** What one process writes at once, on average. */
export interface Flushes {
  readonly perSecond: number;
  readonly increments: number;
  readonly targets: number;
}

/**
 * After a flush, increments gather until the window is over; what comes after a quiet window is written at once. So a
 * flush comes every window, and with a chance of e^−(increments a window) there is none to make, until the next increment.
 *
 *     seconds between flushes = window + e^−(rate × window) / rate
 */
export function flushesOf({ rate, windowMs, maxTargets }: Gathering, distribution: Distribution): Flushes {
  const window = windowMs / 1000;
  const gathered = rate * window + Math.exp(-rate * window);
  const increments = fewerIfFull(gathered, NEARLY_FULL * maxTargets, distribution);
  return { perSecond: rate / increments, increments, targets: distribution.distinct(increments) };
}

function fewerIfFull(increments: number, most: number, distribution: Distribution): number {
  if (distribution.distinct(increments) <= most) return increments;
  return greatest((fewer) => distribution.distinct(fewer) <= most, 1, increments);
}

/** How many partitions have one of these targets: crc32 spreads them evenly. */
export function touchedBy(targets: number, partitions: number): number {
  return partitions * chanceOfAny(1 / partitions, targets);
}

/** How many writes these targets go out in: one a partition that has any, or more where they are many. */
export function writesOf(targets: number, partitions: number): number {
  const touched = touchedBy(targets, partitions);
  return touched * Math.ceil(targets / touched / WRITE_TARGETS);
}
