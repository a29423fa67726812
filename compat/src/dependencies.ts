/** What the programs in work/ import besides Sluice. */
export const WORK: Readonly<Record<'fengari' | 'ioredis' | 'kysely' | 'redis-mock' | 'sql.js', string>> = {
  fengari: '^0.1.5',
  ioredis: '^6.0.0',
  kysely: '~0.28.0',
  'redis-mock': '^0.56.3',
  'sql.js': '~1.13.0',
};
