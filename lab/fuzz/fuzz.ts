import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Target } from './target.js';

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Only targets whose names have this text. */
  readonly target: string;
}

export interface Result {
  readonly name: string;
  readonly runs: number;
  readonly seconds: number;
  /** The smallest input that was found to break a promise, and how; `undefined` if none did. */
  readonly failure: string | undefined;
}

/** Runs the targets, one after the other. */
export async function fuzz(
  targets: readonly Target[],
  { runs, seed, target }: FuzzOptions,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const each of targets.filter(({ name }) => name.includes(target))) {
    const result = await fuzzOne(each, Math.max(1, Math.round(runs * each.share)), seed);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function fuzzOne({ name, property }: Target, numRuns: number, seed: number): Promise<Result> {
  const startedAt = performance.now();
  const details = await fc.check(property, { numRuns, seed });
  const seconds = (performance.now() - startedAt) / 1000;
  return { name, runs: details.numRuns, seconds, failure: details.failed ? failureOf(details) : undefined };
}

function failureOf({ seed, counterexample, errorInstance }: fc.RunDetails<[unknown]>): string {
  const input = fc.stringify(counterexample?.[0]);
  const shown = input.length > LONGEST ? `${input.slice(0, LONGEST)}… (${input.length} characters)` : input;
  return `seed ${seed}, input ${shown}\n${inspect(errorInstance)}`;
}

const LONGEST = 2000;
