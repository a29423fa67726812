import { readFile } from 'node:fs/promises';
import { openBuffer } from '@sluice/core';
import { type PostgresServer, startPostgres } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addUp, Programs } from './programs.js';

const VIEWS = 20_000;
const PAGES = 50;
const COUNTED = new Map(Array.from({ length: PAGES }, (_, i) => [`/${i}`, VIEWS / PAGES] as const));

let redis: RedisServer;
let postgres: PostgresServer;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedisServer(), startPostgres({ fsync: 'off' })]);
});
afterAll(() => Promise.all([redis?.stop(), postgres?.stop()]));

/** Programs on keys of their own. */
function programs(): { readonly started: Programs; readonly url: string } {
  const url = `${redis.url}?prefix=${crypto.randomUUID()}`;
  return {
    started: new Programs({ SLUICE_URL: url, QUEUE_URL: redis.url, DATABASE_URL: postgres.url }),
    url,
  };
}

async function expectNothingLeft(url: string): Promise<void> {
  await using buffer = await openBuffer({ url });
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
}

test.each([
  ['another process', ['two-processes/worker.ts']],
  ['two processes over BullMQ', ['bullmq/worker.ts', 'bullmq/worker.ts']],
  ['two processes over pg-boss', ['pg-boss/worker.ts', 'pg-boss/worker.ts']],
])('what one process counts, %s apply; each ends by itself when it is told to', async (_, files) => {
  const { started, url } = programs();
  using _started = started;
  const workers = files.map((file) => started.start(file));
  await Promise.all(workers.map(({ ready }) => ready));
  const producer = started.start('two-processes/producer.ts', String(VIEWS), String(PAGES));
  const applied = addUp(workers, VIEWS, () => {
    for (const { child } of workers) child.kill('SIGTERM');
  });
  expect(await producer.exited).toEqual({ code: 0, signal: null });
  expect(await applied).toEqual(COUNTED);
  for (const { exited } of workers) expect(await exited).toEqual({ code: 0, signal: null });
  await expectNothingLeft(url);
});

test('what one process counts, a program applies that cron runs, also twice at a time', async () => {
  const { started, url } = programs();
  using _started = started;
  await started.start('two-processes/producer.ts', String(VIEWS), String(PAGES)).exited;
  const runs = [1, 2].map(() => started.start('cron/apply.ts'));
  expect(await addUp(runs, VIEWS)).toEqual(COUNTED);
  for (const { exited } of runs) expect(await exited).toEqual({ code: 0, signal: null });
  await expectNothingLeft(url);
});

test('the engine over pg-boss on the page is the one that runs here', async () => {
  const [page, engine] = await Promise.all(
    ['../docs/workers.md', 'pg-boss/pg-boss.ts'].map((file) =>
      readFile(new URL(file, import.meta.url), 'utf8'),
    ),
  );
  expect(page).toContain(engine);
});
