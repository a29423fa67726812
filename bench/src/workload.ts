import { seededRandom } from '@sluice/testing';

const PATHS = 100_000;
const SEED = 1;

/** Paths of pages as requests name them: few are asked for often, most seldom. The same ones for the same count and seed. */
export function zipfPaths(count: number, site = 'docs', seed = SEED): string[] {
  const paths = Array.from({ length: PATHS }, (_, page) => flat(`/${site}/page-${page}`));
  return Array.from(zipfRanks(count, PATHS, seed), (rank) => paths[rank] as string);
}

/** Paths that are asked for once each. */
export function distinctPaths(from: number, count: number, site = 'cold'): string[] {
  return Array.from({ length: count }, (_, i) => flat(`/${site}/${String(from + i).padStart(7, '0')}`));
}

/** Ranks from 0 up to `below`; rank r is drawn with a probability in proportion to 1 / (r + 1): Zipf(1.0). */
function zipfRanks(count: number, below: number, seed: number): Uint32Array {
  const cumulated = harmonicSums(below);
  const total = cumulated[below - 1] as number;
  const random = seededRandom(seed);
  return Uint32Array.from({ length: count }, () => firstAtLeast(cumulated, random() * total));
}

function harmonicSums(count: number): Float64Array {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    sum += 1 / (i + 1);
    sums[i] = sum;
  }
  return sums;
}

function firstAtLeast(ascending: Float64Array, wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In one piece of memory, like text from a socket; V8 keeps concatenated text in pieces. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}
