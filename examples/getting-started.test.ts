import { type PostgresServer, startPostgres } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PagePrograms } from './page-programs.js';

// What docs/getting-started.md tells a reader to write is run here, step by step.

let redis: RedisServer;
let postgres: PostgresServer;
let page: PagePrograms;
let client: Client;

beforeAll(async () => {
  [redis, postgres, page] = await Promise.all([
    startRedisServer({ appendonly: 'yes', appendfsync: 'always' }),
    startPostgres({ fsync: 'off' }),
    PagePrograms.of(['getting-started.md']),
  ]);
  client = new Client({ connectionString: postgres.url });
  await client.connect();
});
afterAll(async () => {
  await page?.[Symbol.asyncDispose]();
  await client?.end();
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

function environment(url = 'memory:'): Record<string, string> {
  return { DATABASE_URL: postgres.url, SLUICE_URL: url };
}

/** What a block of output on the page shows, whatever the time. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'now').trim();
}

function outputs(): string[] {
  return [...page.text.matchAll(/```text\n([\s\S]*?)```/g)].map(([, text = '']) => withoutTimes(text));
}

async function views(): Promise<number> {
  const { rows } = await client.query(`select views from pages where path = '/'`);
  return Number(rows[0].views);
}

test('step 1 prints what the page shows', async () => {
  expect(withoutTimes(await page.run(['views.ts'], environment()))).toBe(outputs()[0]);
});

test('steps 2 and 3 print what the page shows, and add up', async () => {
  expect(withoutTimes(await page.run(['rows.ts'], environment()))).toBe(outputs()[1]);
  expect(await page.run(['rows.ts'], environment(redis.url))).toContain("'1800'");
});

test('step 4: the worker applies what the service counts, and both end by themselves', async () => {
  const before = await views();
  const [service, worker] = ['service.ts', 'worker.ts'].map((file) =>
    page.start([file], environment(redis.url)),
  );
  expect(await worker?.line()).toBe('applied 1');
  expect(await Promise.all([service?.stop('SIGINT'), worker?.stop('SIGINT')])).toEqual([0, 0]);
  expect(await views()).toBeGreaterThan(before);
});
