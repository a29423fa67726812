import { fileURLToPath } from 'node:url';
import { hasPromtool, type PostgresServer, promtool, startPostgres } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Programs } from './programs.js';

const VIEWS = 20;

let redis: RedisServer;
let postgres: PostgresServer;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedisServer(), startPostgres({ fsync: 'off' })]);
});
afterAll(() => Promise.all([redis?.stop(), postgres?.stop()]));

test('a service shows on its Prometheus page what was counted, and what became of it', async () => {
  using started = new Programs({ SLUICE_URL: redis.url, DATABASE_URL: postgres.url, PORT: '0' });
  const { child, ready, exited } = started.start('prometheus/main.ts');
  const [said] = (await ready) as [Buffer];
  const address = /http\S+/.exec(String(said))?.[0];
  const views = Array.from({ length: VIEWS }, (_, i) => fetch(`${address}/pages/${i % 2}`));
  expect(await (await views[0])?.text()).toBe('This is /pages/0.');
  await Promise.all(views);

  const scrape = async (): Promise<string> => (await fetch(`${address}/metrics`)).text();
  await vi.waitFor(
    async () => expect(await scrape()).toMatch(/^sluice_targets_applied_total\S* [1-9]/m),
    10_000,
  );
  const page = await scrape();
  expect(page).toMatch(new RegExp(`^sluice_increments_taken_total\\S* ${VIEWS}$`, 'm'));
  expect(page).toMatch(/^sluice_targets_pending\S* 0$/m);
  expect(page).toMatch(/^sluice_backend_operation_duration_count\S*sluice_operation="add"\S* [1-9]/m);
  expect(page).toMatch(/^sluice_sink_duration_bucket\S*le="0.01"\S* \d/m);

  child.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, signal: null });
});

test.skipIf(!hasPromtool)(
  'its configuration of Prometheus is valid (skipped where there is no promtool)',
  async () => {
    const file = fileURLToPath(new URL('prometheus/prometheus.yml', import.meta.url));
    expect(await promtool('check', 'config', file)).toContain('SUCCESS: 10 rules found');
  },
);
