import { manualClock, startRedisServer } from '@sluice/testing';
import { expect, test } from 'vitest';
import { cli, type Setting } from './support/cli.js';

test('top goes on while the server is away, and says so', async () => {
  await using server = await startRedisServer();
  const clock = manualClock();
  const args = ['top', '--url', server.url, '--interval', '10', '--count', '3'];
  const watch = (more: readonly string[], setting: Setting = {}) =>
    cli([...args, ...more], { clock, ...setting });
  const watching = Promise.all([
    watch(['--json']),
    watch([], { terminal: { columns: 100, rows: 40 }, env: { NO_COLOR: '1' } }),
  ]);
  const ending = watch(['--count', '2']);
  await expect.poll(() => clock.timers).toBe(3);
  await server.kill();
  await clock.advance(10_000);
  await expect.poll(() => clock.timers, { timeout: 5000 }).toBe(2);
  // It must not be taken for one that ended well.
  expect(await ending).toMatchObject({ code: 1, err: expect.stringContaining('ECONNREFUSED') });
  await server.start();
  await clock.advance(10_000);
  const [json, screen] = await watching;
  expect([json.code, json.json().length]).toEqual([0, 2]);
  expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' } });
  const pictures = screen.out.split('\u001b[H').slice(1);
  expect(pictures.map((picture) => /^Redis: .*ECONNREFUSED/.test(picture))).toEqual([false, true, false]);
});

test('a server that is not there to begin with is an error', async () => {
  expect(await cli(['top', '--url', 'redis://127.0.0.1:1'])).toMatchObject({ code: 1, out: '' });
});
