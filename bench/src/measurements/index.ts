/** What a child process can measure. Each is imported when it is asked for: a process has what its contestant needs. */
export const MEASUREMENTS = {
  count: async () => (await import('./count.js')).run,
  'count-in-process': async () => (await import('./count-in-process.js')).run,
  'count-watched': async () => (await import('./count-watched.js')).run,
  pass: async () => (await import('./pass.js')).run,
  hset: async () => (await import('./hset.js')).run,
  'redis-benchmark': async () => (await import('./redis-benchmark.js')).run,
  'sql-sluice': async () => (await import('./sql-sluice.js')).run,
  'sql-update': async () => (await import('./sql-update.js')).run,
  'sql-upsert': async () => (await import('./sql-upsert.js')).run,
  sink: async () => (await import('./sink.js')).run,
  latency: async () => (await import('./latency.js')).run,
  load: async () => (await import('./load.js')).run,
  grow: async () => (await import('./grow.js')).run,
  shrink: async () => (await import('./shrink.js')).run,
  idle: async () => (await import('./idle.js')).run,
  merge: async () => (await import('./merge.js')).run,
  shape: async () => (await import('./shape.js')).run,
  nodes: async () => (await import('./nodes.js')).run,
  pauses: async () => (await import('./pauses.js')).run,
  'unit-costs': async () => (await import('./unit-costs.js')).run,
  polls: async () => (await import('./polls.js')).run,
};

export type Name = keyof typeof MEASUREMENTS;

type Run<N extends Name> = Awaited<ReturnType<(typeof MEASUREMENTS)[N]>>;

export type SettingsOf<N extends Name> = Parameters<Run<N>>[0];

export type FiguresOf<N extends Name> = Awaited<ReturnType<Run<N>>>;

/** What the driver asks a child process for. */
export interface Request {
  readonly name: Name;
  readonly settings: unknown;
}
