import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  hasChromium,
  hasPrometheus,
  type PostgresServer,
  type Prometheus,
  startChromium,
  startPostgres,
  startPrometheus,
} from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import getPort from 'get-port';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PagePrograms } from './page-programs.js';

// What docs/first-hour.md has a reader do, in its order. Ports are others, and Prometheus is less patient.

const SLUICE = pathOf('../packages/cli/dist/main.js');
const PACKAGE = pathOf('../packages/opentelemetry');
const PATIENCE = { timeout: 30_000, interval: 100 };

let redis: RedisServer;
let postgres: PostgresServer;
let prometheus: Prometheus | undefined;
let page: PagePrograms;
let env: Record<string, string>;

beforeAll(async () => {
  const [ofService, ofWorker] = await Promise.all([getPort(), getPort()]);
  const withPorts = (text: string): string =>
    text.replaceAll('9464', String(ofService)).replaceAll('9465', String(ofWorker));
  page = await PagePrograms.of(['getting-started.md', 'first-hour.md'], withPorts);
  [redis, postgres, prometheus] = await Promise.all([
    startRedisServer({ appendonly: 'yes', appendfsync: 'always' }),
    startPostgres({ fsync: 'off' }),
    hasPrometheus ? startPrometheus(await configuration(withPorts)) : undefined,
  ]);
  env = { DATABASE_URL: postgres.url, SLUICE_URL: redis.url };
  await page.run(['rows.ts'], env);
  for (const program of ['service.ts', 'worker.ts']) page.start([program], env);
});
afterAll(async () => {
  await page?.[Symbol.asyncDispose]();
  await prometheus?.[Symbol.asyncDispose]();
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Prometheus's configuration on the page, with the alerts of the package: looks follow each other more quickly. */
async function configuration(withPorts: (text: string) => string): Promise<string> {
  const [, yaml = ''] = /```yaml\n(# prometheus\.yml\n[\s\S]*?)```/.exec(page.text) ?? [];
  const alerts = await readFile(`${PACKAGE}/prometheus/alerts.yml`, 'utf8');
  await writeFile(
    page.path('alerts.yml'),
    alerts.replace('(sluice_batch_failing_age) > 120', '(sluice_batch_failing_age) > 1'),
  );
  const quick = withPorts(yaml)
    .replaceAll('5s', '200ms')
    .replace('node_modules/@sluice/opentelemetry/prometheus/alerts.yml', 'alerts.yml');
  await writeFile(page.path('prometheus.yml'), quick);
  return page.path('prometheus.yml');
}

async function sql(statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query(statement);
  await client.end();
  return rows;
}

async function views(path: string): Promise<number> {
  const [row] = await sql(`select views from pages where path = '${path}'`);
  return Number(row?.views ?? 0);
}

/** What Prometheus's API returns. */
async function ask(path: string): Promise<unknown> {
  const response = await fetch(`${prometheus?.url}/api/v1/${path}`);
  return ((await response.json()) as { data: unknown }).data;
}

async function firing(): Promise<string[]> {
  const { alerts } = (await ask('alerts')) as { alerts: { state: string; labels: { alertname: string } }[] };
  return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
}

/** The panels of the dashboard that Prometheus has no data for. */
async function emptyPanels(): Promise<string[]> {
  const { panels } = JSON.parse(await readFile(`${PACKAGE}/grafana/sluice.json`, 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const isEmpty = await Promise.all(
    panels.map(async ({ targets = [] }) => {
      const results = await Promise.all(targets.map(({ expr }) => resultsOf(expr)));
      return targets.length > 0 && results.every((result) => result.length === 0);
    }),
  );
  return panels.filter((_, i) => isEmpty[i]).map(({ title }) => title);
}

/** What Grafana would get for a query. */
async function resultsOf(expr: string): Promise<unknown[]> {
  const query = expr.replaceAll('$job', '.*').replaceAll('$__rate_interval', '5s');
  const { result } = (await ask(`query?query=${encodeURIComponent(query)}`)) as { result: unknown[] };
  return result;
}

test('the worker applies what the service counts', async () => {
  const before = await views('/');
  await expect.poll(() => views('/'), PATIENCE).toBeGreaterThan(before);
});

test.skipIf(!hasPrometheus)('the dashboard shows that (skipped where there is no Prometheus)', async () => {
  await expect.poll(emptyPanels, PATIENCE).toEqual(['Calls that failed', 'Errors']);
});

test('a database that is stopped fires an alert, and `status` says why', async () => {
  await postgres.shutDown();
  const status = () => page.run([SLUICE, 'status'], env);
  await expect.poll(status, PATIENCE).toContain('ECONNREFUSED');
  if (hasPrometheus) await expect.poll(firing, PATIENCE).toEqual(['SluiceBatchFails']);
  const before = await postgres.start().then(() => views('/'));
  await expect.poll(() => views('/'), PATIENCE).toBeGreaterThan(before);
  if (hasPrometheus) await expect.poll(firing, PATIENCE).toEqual([]);
});

test.skipIf(!hasChromium)(
  'a count that the table refuses is redriven on the board (skipped where there is no Chromium)',
  async () => {
    await sql(`alter table pages add constraint no_drafts check (path <> '/draft')`);
    await page.run(['draft.ts'], env);
    if (hasPrometheus) await expect.poll(firing, PATIENCE).toEqual(['SluiceDeadLetters']);
    const address = /http\S+\//.exec(await page.start([SLUICE, 'board', '--write'], env).line())?.[0] ?? '';
    const browser = await startChromium();
    try {
      const board = await browser.newPage();
      await board.goto(address);
      await board.getByRole('cell', { name: /no_drafts/ }).waitFor();
      await sql('alter table pages drop constraint no_drafts');
      await board.getByLabel('Select dead letter 1').check();
      await board.getByRole('button', { name: 'Redrive the selected (1)' }).click();
      await board.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
      await board.getByText('Redrove 1 dead letter.').waitFor();
    } finally {
      await browser.close();
    }
    await expect.poll(() => views('/draft'), PATIENCE).toBe(3);
    if (hasPrometheus) await expect.poll(firing, PATIENCE).toEqual([]);
  },
);
