import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { BIN } from './support/cli.js';

let url = '';
let stop = async (): Promise<void> => {};
beforeAll(async () => {
  ({ url, stop } = await startRedisServer());
});
afterAll(() => stop());

const env = () => ({ ...process.env, SLUICE_URL: url });

test('the built program can be run as it is, and knows its version', () => {
  expect(execFileSync(BIN, ['--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`);
});

test('its help arrives whole in a pipe, without colours', () => {
  const help = execFileSync(process.execPath, [BIN, '--help'], { encoding: 'utf8' });
  expect(help).toMatch(/Exit codes: .*wrong\.\n$/);
  expect(help).not.toContain('\u001b');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends what would go on for ever, in good order',
  async (signal) => {
    const child = spawn(process.execPath, [BIN, 'top', '--interval', '600'], { env: env() });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
  },
);

test('a reader that goes after the first line, as `head` does, ends it in good order', async () => {
  const child = spawn(process.execPath, [BIN, 'top', '--interval', '0.05'], { env: env() });
  const exited = once(child, 'exit');
  let err = '';
  child.stderr.on('data', (text: Buffer) => {
    err += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect([...(await exited), err]).toEqual([0, null, '']);
});

test('and a benchmark deletes its keys all the same', async () => {
  const admin = new Redis(url);
  const child = spawn(process.execPath, [BIN, 'bench', '--seconds', '0.1'], { env: env() });
  child.stdout.destroy();
  await once(child, 'exit');
  expect(await admin.keys('*')).toEqual([]);
  admin.disconnect();
});

test.runIf(existsSync('/dev/full'))('what a full disk did not take is not fine', () => {
  const full = openSync('/dev/full', 'w');
  const { status } = spawnSync(process.execPath, [BIN, 'status'], {
    env: env(),
    stdio: ['ignore', full, 'ignore'],
  });
  closeSync(full);
  expect(status).toBe(1);
});

test('what a module of a sink lets go unhandled shows no password', () => {
  const sink = fileURLToPath(new URL('./support/sinks/stray.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'drain', '--sink', sink], {
    encoding: 'utf8',
    env: env(),
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Error: the pool lost postgres:\/\/\*\*\*@host\n {4}at /);
});

test('a sink whose module leaves something open does not keep it', () => {
  const sink = fileURLToPath(new URL('./support/sinks/open.mjs', import.meta.url));
  const drained = execFileSync(process.execPath, [BIN, 'drain', '--sink', sink], {
    encoding: 'utf8',
    env: env(),
  });
  expect(drained).toBe('0 targets applied, in 0 batches.\nclosed\n');
});
