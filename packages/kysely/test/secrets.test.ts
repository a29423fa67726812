import { createBuffer } from '@sluice/core';
import { kyselySink } from '@sluice/kysely';
import { memory } from '@sluice/memory';
import { startPostgres } from '@sluice/test-servers';
import { type Dialect, Kysely, MysqlDialect, PostgresDialect } from 'kysely';
import { createPool } from 'mysql2';
import { Pool } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { everything } from '../../redis/test/support/everything.js';

// Whatever a database says when it cannot be reached, nothing that a log may get has its password.

const PASSWORD = 's3cret/pass@word';
const ENCODED = encodeURIComponent(PASSWORD);
const server = await startPostgres();
afterAll(() => server.stop());

const nobody = 1;
const urls: Readonly<Record<string, string>> = {
  'a wrong password': `postgres://postgres:${ENCODED}@127.0.0.1:${server.port}/postgres`,
  'a user that does not exist': `postgres://nobody:${ENCODED}@127.0.0.1:${server.port}/postgres`,
  'nobody at the address': `postgres://postgres:${ENCODED}@127.0.0.1:${nobody}/postgres`,
  'a port that is none': `postgres://postgres:${ENCODED}@127.0.0.1:99999/postgres`,
  'a password that is not encoded': `postgres://postgres:${PASSWORD}@127.0.0.1:${server.port}/postgres`,
};

const dialects: Readonly<Record<string, (url: string) => Dialect>> = {
  pg: (url) => {
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 500 });
    return new PostgresDialect({ pool });
  },
  mysql2: (url) =>
    new MysqlDialect({ pool: createPool({ uri: url.replace('postgres:', 'mysql:'), connectTimeout: 500 }) }),
};

const cases = [
  ...Object.keys(urls).map((what) => ['pg', what] as const),
  // It waits for the greeting of any other server.
  ['mysql2', 'nobody at the address'] as const,
];

describe.each(cases)('%s: %s', (name, what) => {
  test('shows no password', async () => {
    let dialect: Dialect;
    try {
      dialect = (dialects[name] as (url: string) => Dialect)(urls[what] as string);
    } catch {
      return; // The driver refuses the URL itself, before Sluice gets it.
    }
    const db = new Kysely<{ pages: { path: string; views: number } }>({ dialect });
    const sink = kyselySink({
      db,
      models: { Page: { table: 'pages', keys: ['path'], columns: ['views'] } },
      timeoutMs: 500,
    });
    const seen: unknown[] = [];
    const see = (value: unknown): void => void seen.push(value);
    const backend = memory();
    const limits = { retryDelay: () => 0, maxAttempts: 1, giveUpAfterMs: 0 };
    await using buffer = createBuffer({
      backend,
      partitions: 1,
      sink,
      logger: { warn: see, error: see },
      ...limits,
    });
    await using heard = createBuffer({ backend, partitions: 1, sink, ...limits });
    for (const event of ['error', 'retry', 'buried'] as const) heard.on(event, see);
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    for (const one of [buffer, heard]) see(await one.processPending());
    see(await Promise.allSettled([sink.migrate(), sink.validate()]));
    see(await buffer.stats());
    expect(seen.length).toBeGreaterThan(3);
    for (const each of seen) {
      const text = everything(each);
      for (const secret of [PASSWORD, ENCODED]) expect(text).not.toContain(secret);
    }
    await db.destroy();
  });
});

test('what a sink says of its database loses the password, wherever it is kept', async () => {
  const backend = memory();
  const lines: string[] = [];
  const see = (line: string): void => void lines.push(line);
  const sayings = [
    `connect to postgres://user:${PASSWORD}@db:5432/app failed`,
    'connection to "host=db password=s3cret/pass user=app" failed',
    'Server=db;Pwd=s3cret/pass;Database=app: no such host',
  ];
  const sink = async () => {
    throw new Error(sayings.shift());
  };
  const limits = { retryDelay: () => 0, maxAttempts: 3, giveUpAfterMs: 0 };
  await using buffer = createBuffer({
    backend,
    partitions: 1,
    sink,
    logger: { warn: see, error: see },
    ...limits,
  });
  await buffer.incr('Page', { views: 1 }, { path: '/' });
  await buffer.processPending();
  lines.push(everything(await buffer.stats()));
  await buffer.processPending();
  lines.push(everything(await buffer.stats()));
  await buffer.processPending();
  lines.push(everything(await buffer.deadLetters.list()));
  expect(lines.join('\n')).not.toContain('s3cret');
  expect(lines.join('\n')).toMatch(/postgres:\/\/…@db:5432|password=…/);
});
