/** What the programs in work/ import besides Sluice. */
export const WORK: Readonly<Record<'ioredis' | 'kysely' | 'sql.js', string>> = {
  ioredis: '^6.0.0',
  kysely: '~0.28.0',
  'sql.js': '~1.13.0',
};
