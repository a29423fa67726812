import { crc32 } from 'node:zlib';
import type { Random } from '@sluice/core';
import { seededRandom } from '@sluice/testing';

/** A random source for one purpose: what others draw does not change it. */
export function randomFor(seed: number, purpose: string): Random {
  return seededRandom(crc32(`${seed} ${purpose}`));
}

/** A whole number from 0 up to `below`. */
export function integer(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** One of several. */
export function pick<T>(random: Random, from: readonly T[]): T {
  return from[integer(random, from.length)] as T;
}
