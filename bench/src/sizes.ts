/** How much is measured. */
export interface Sizes {
  readonly rounds: number;
  /** Increments. */
  readonly hot: Readonly<
    Record<'sluice' | 'sentry' | 'hincrby' | 'autopipelining' | 'bullmq' | 'redisBenchmark', number>
  >;
  readonly lingerMs: readonly number[];
  /** Targets. */
  readonly cold: Readonly<Record<'sluice' | 'sentry' | 'redisBenchmark', number>>;
  /** Increments. */
  readonly sql: Readonly<Record<'sluice' | 'update', number>>;
  /** Rows. */
  readonly sink: number;
  readonly latencySeconds: number;
  /** Increments a second, of one process and of each of a fleet. */
  readonly rates: {
    readonly single: readonly number[];
    readonly fleet: readonly number[];
    readonly processes: number;
    /** Before anything is counted. */
    readonly idleSeconds: number;
    readonly warmUpSeconds: number;
    readonly seconds: number;
  };
  /** Increments. */
  readonly inProcess: number;
  readonly growth: { readonly backlogs: readonly number[]; readonly targets: number };
  readonly idleSeconds: number;
  /** Targets. */
  readonly merge: number;
  /** Targets of the smallest shape. */
  readonly shapes: number;
  readonly nodes: { readonly targets: number; readonly seconds: number };
  /** Of servers, while increments are counted. */
  readonly changes: number;
  /** Targets. */
  readonly unitCosts: number;
  /** Processes that import Sluice. */
  readonly imports: number;
}

export const FULL: Sizes = {
  rounds: 3,
  hot: {
    sluice: 1_000_000,
    sentry: 100_000,
    hincrby: 100_000,
    autopipelining: 300_000,
    bullmq: 20_000,
    redisBenchmark: 1_000_000,
  },
  lingerMs: [0, 10, 100, 1000],
  cold: { sluice: 1_000_000, sentry: 100_000, redisBenchmark: 1_000_000 },
  sql: { sluice: 1_000_000, update: 20_000 },
  sink: 50_000,
  latencySeconds: 5,
  rates: {
    single: [1000, 5000, 20_000, 50_000],
    fleet: [50, 400],
    processes: 20,
    idleSeconds: 1,
    warmUpSeconds: 2,
    seconds: 5,
  },
  inProcess: 3_000_000,
  growth: { backlogs: [10_000, 100_000, 800_000, 1_000_000, 3_000_000], targets: 100_000 },
  idleSeconds: 10,
  merge: 100_000,
  shapes: 20_000,
  nodes: { targets: 200_000, seconds: 5 },
  changes: 10,
  unitCosts: 50_000,
  imports: 15,
};

export const QUICK: Sizes = {
  rounds: 2,
  hot: {
    sluice: 200_000,
    sentry: 10_000,
    hincrby: 20_000,
    autopipelining: 50_000,
    bullmq: 5000,
    redisBenchmark: 200_000,
  },
  lingerMs: [0, 100],
  cold: { sluice: 100_000, sentry: 10_000, redisBenchmark: 200_000 },
  sql: { sluice: 200_000, update: 3000 },
  sink: 20_000,
  latencySeconds: 2,
  rates: {
    single: [1000, 20_000],
    fleet: [400],
    processes: 4,
    idleSeconds: 1,
    warmUpSeconds: 0.5,
    seconds: 1.5,
  },
  inProcess: 1_000_000,
  growth: { backlogs: [10_000, 100_000], targets: 50_000 },
  idleSeconds: 3,
  merge: 50_000,
  shapes: 2000,
  nodes: { targets: 50_000, seconds: 2 },
  changes: 3,
  unitCosts: 20_000,
  imports: 5,
};

/** Shows that everything works, and nothing else. */
export const SMOKE: Sizes = {
  rounds: 1,
  hot: {
    sluice: 5000,
    sentry: 1000,
    hincrby: 1000,
    autopipelining: 1000,
    bullmq: 500,
    redisBenchmark: 5000,
  },
  lingerMs: [0],
  cold: { sluice: 5000, sentry: 1000, redisBenchmark: 5000 },
  sql: { sluice: 5000, update: 200 },
  sink: 2000,
  latencySeconds: 0.5,
  rates: { single: [1000], fleet: [400], processes: 2, idleSeconds: 0.1, warmUpSeconds: 0.1, seconds: 0.3 },
  inProcess: 5000,
  growth: { backlogs: [1000, 5000], targets: 5000 },
  idleSeconds: 1,
  merge: 5000,
  shapes: 400,
  nodes: { targets: 2000, seconds: 0.3 },
  changes: 1,
  unitCosts: 2000,
  imports: 2,
};
