import { ratioOf, type Spread, spreadOf } from './statistics.js';

export const ROWS = [
  'hot in',
  'CPU',
  'cold in',
  'memory',
  'out',
  'to SQL',
  'sink',
  'latency',
  'rates',
  'fleet',
  'memory backend',
  'telemetry',
  'growth',
  'idle',
  'blocking',
  'nodes',
  'pauses',
  'unit costs',
  'footprint',
] as const;

export type RowName = (typeof ROWS)[number];

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** A line of the table. */
export interface Line {
  readonly row: RowName;
  readonly workload: string;
  readonly unit: string;
  readonly sluice: Spread;
  readonly peer?: { readonly name: string; readonly figure: Spread };
  readonly ratio?: Spread;
  /** Of the ratio; of Sluice's figure where there is no peer. */
  readonly goal?: Goal;
  readonly met?: boolean;
}

interface What {
  readonly row: RowName;
  readonly workload: string;
  readonly unit: string;
  /** Sluice's figures, by round. */
  readonly sluice: readonly number[];
  readonly goal?: Goal;
}

/** Sluice beside a peer. The goal is one of the median of the ratios. */
export function compare(what: What, peer: string, figures: readonly number[]): Line {
  const { sluice, goal, ...rest } = what;
  const ratio = ratioOf(sluice, figures);
  return {
    ...rest,
    sluice: spreadOf(sluice),
    peer: { name: peer, figure: spreadOf(figures) },
    ratio,
    ...(goal && { goal, met: isMet(goal, ratio.median) }),
  };
}

/** Sluice on its own. The goal is one of the median, or of the worst round. */
export function alone(what: What, judged: 'median' | 'max' = 'median'): Line {
  const { sluice, goal, ...rest } = what;
  const spread = spreadOf(sluice);
  return { ...rest, sluice: spread, ...(goal && { goal, met: isMet(goal, spread[judged]) }) };
}

function isMet(goal: Goal, value: number): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** The values of one figure, by round. */
export function each<F, K extends keyof F>(samples: readonly F[], figure: K): F[K][] {
  return samples.map((sample) => sample[figure]);
}
