import type { Random } from '@sluice/core';

/**
 * Makes a random source that draws the same numbers from the same seed, from 0 up to 1: for tests that must repeat
 * exactly. Pass it to `createBuffer` as `random`, and ids and jitter repeat too. Not for secrets.
 *
 * @example
 * ```ts
 * import { seededRandom } from '@sluice/testing';
 *
 * const buffer = createBuffer({ backend, random: seededRandom(1) });
 * ```
 */
export function seededRandom(seed: number): Random {
  // mulberry32: 32 bits of state, which is plenty for a test, in five lines that need no dependency.
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to `below`. */
export function drawInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** One of several things. */
export function drawOne<T>(random: Random, choices: readonly T[]): T {
  return choices[drawInteger(random, choices.length)] as T;
}
