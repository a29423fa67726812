/** What plans have in common. */
export const USUAL = {
  database: 'postgres',
  redis: 'server',
  producers: 4,
  workers: 4,
  partitions: 4,
  batchSize: 10,
  leaseMs: 600,
  slowShare: 0.03,
  paceMs: 12,
  maxUnderWay: 400,
  impatientShare: 0.3,
  hugeShare: 0.01,
  unwelcomeShare: 0.0005,
  newShare: 0.002,
} as const;
