import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { end, launch } from '../src/launch.js';

const LAUNCHER = fileURLToPath(new URL('support/launcher.ts', import.meta.url));

const pids: number[] = [];
afterEach(() => {
  for (const pid of pids.splice(0).filter(isRunning)) process.kill(pid, 'SIGKILL');
});

function launchScript(script: string, limitMs?: number) {
  return launch({
    program: '/bin/sh',
    args: ['-c', script],
    ready: 'ready',
    deathSignal: 'SIGKILL',
    cwd: process.cwd(),
    ...(limitMs !== undefined && { limitMs }),
  });
}

test('a server that ends instead of getting ready is an error with its log', async () => {
  const failing = launchScript('echo the disk is full >&2; exit 7');
  await expect(failing).rejects.toThrow(/did not start: it ended with code 7\nthe disk is full$/);
});

test('a server that never gets ready is ended, and an error with its log', async () => {
  const waiting = launchScript('echo $$; exec sleep 60', 1000);
  const error: unknown = await waiting.catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/did not start: it was not ready after 1000 ms\n\d+$/);
  expect(isRunning(Number(/\d+$/.exec(String(error))?.[0]))).toBe(false);
});

test('a program that cannot be run is an error', async () => {
  const missing = launch({
    program: '/nowhere/mariadbd',
    args: [],
    ready: '',
    deathSignal: 'SIGKILL',
    cwd: '/',
  });
  await expect(missing).rejects.toThrow('mariadbd did not start: spawn /nowhere/mariadbd ENOENT');
});

test('a server may be ended twice', async () => {
  const server = await launchScript('echo ready; exec sleep 60');
  await Promise.all([end(server, 'SIGTERM'), end(server, 'SIGKILL')]);
  await end(server, 'SIGKILL');
  expect(isRunning(Number(server.pid))).toBe(false);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'exit'] as const)(
  '%s of a process ends its server',
  async (how) => {
    const launcher = spawn(process.execPath, ['--import', 'tsx', LAUNCHER], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(launcher, 'exit');
    const [line] = await once(createInterface(launcher.stdout), 'line');
    const pid = Number(line);
    pids.push(pid);
    expect(isRunning(pid)).toBe(true);

    if (how === 'exit') launcher.stdin.write('exit');
    else launcher.kill(how);
    expect(await exited).toEqual(how === 'exit' ? [3, null] : [null, how]);
    await vi.waitUntil(() => !isRunning(pid), { timeout: 20_000 });
  },
);

function isRunning(pid: number): boolean {
  try {
    // If its exit status is never fetched, it stays as a zombie.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
