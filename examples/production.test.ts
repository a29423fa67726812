import { openBuffer } from '@sluice/core';
import { type PostgresServer, startPostgres } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import getPort from 'get-port';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PagePrograms } from './page-programs.js';

// The service, the worker and the script to redrive of docs/production.md, as they are there but for the port.

let redis: RedisServer;
let postgres: PostgresServer;
let client: Client;
let port: number;

beforeAll(async () => {
  [redis, postgres, port] = await Promise.all([
    startRedisServer({ appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' }),
    startPostgres({ fsync: 'off' }),
    getPort({ host: '127.0.0.1' }),
  ]);
  client = new Client({ connectionString: postgres.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

/** Resolves with the first row that the query finds. */
async function firstRow(query: string): Promise<unknown> {
  for (;;) {
    const { rows } = await client.query(query);
    if (rows.length > 0) return rows[0];
  }
}

/** Resolves when there is a dead letter. */
async function aDeadLetter(): Promise<void> {
  await using buffer = await openBuffer({ url: redis.url });
  while ((await buffer.stats()).dead === 0);
}

/** Asks the service, which may not listen yet. */
async function view(path: string): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (response !== undefined) return void (await response.text());
  }
}

test('views are counted, one that the table refuses is redriven, and all programs end by themselves', async () => {
  await using page = await PagePrograms.of(['production.md'], (code) =>
    code.replace('listen(3000)', `listen(${port})`),
  );
  const [, tables = ''] = /```sql\n([\s\S]*?)```/.exec(page.text) ?? [];
  await client.query(tables);
  await client.query(`alter table pages add constraint no_drafts check (path <> '/draft')`);
  const env = { SLUICE_URL: redis.url, DATABASE_URL: postgres.url };
  const service = page.start(['service.ts'], env);
  const worker = page.start(['worker.ts'], env);
  await view('/docs');
  await view('/draft');
  expect(await firstRow(`select path, views from pages`)).toEqual({ path: '/docs', views: '1' });

  await aDeadLetter();
  expect(await page.run(['redrive.ts'], env)).toMatch(/Page { path: '\/draft' }.*no_drafts/);
  await client.query('alter table pages drop constraint no_drafts');
  expect(await page.run(['redrive.ts', '--all'], env)).toContain('1 entries are pending again');
  expect(await firstRow(`select views from pages where path = '/draft'`)).toEqual({ views: '1' });
  expect(await Promise.all([service.stop('SIGTERM'), worker.stop('SIGTERM')])).toEqual([0, 0]);
});
