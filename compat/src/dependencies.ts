/** What the programs in work/ import besides Sluice. */
export const WORK: Readonly<
  Record<
    '@opentelemetry/api' | 'bullmq' | 'fengari' | 'ioredis' | 'kysely' | 'redis' | 'redis-mock' | 'sql.js',
    string
  >
> = {
  '@opentelemetry/api': '^1.9.0',
  bullmq: '^6.7.0',
  fengari: '^0.1.5',
  ioredis: '^6.0.0',
  kysely: '~0.28.0',
  redis: '^6.3.1',
  'redis-mock': '^0.56.3',
  'sql.js': '~1.13.0',
};
