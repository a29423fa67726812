import { crc32 } from 'node:zlib';
import type { Random } from '@sluice/core';
import { seededRandom } from '@sluice/testing';

/** A random source for one purpose, independent of what is drawn for others. */
export function randomFor(seed: number, purpose: string): Random {
  return seededRandom(crc32(`${seed} ${purpose}`));
}

/** A whole number from 0 up to, but not including, `below`. */
export function integer(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[integer(random, from.length)] as T;
}
