import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openBuffer } from '@sluice/core';
import { startRedisServer } from '@sluice/testing';
import { afterEach, expect, test } from 'vitest';

const VIEWS = 20_000;
const PAGES = 50;

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a program of this folder. */
function start(program: string, url: string, ...args: string[]) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { ...process.env, SLUICE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const exited = once(child, 'exit').then(([code, signal]) => {
    children.delete(child);
    return { code, signal };
  });
  return { child, exited };
}

/** Adds up the worker's lines until its output ends; calls back when it has applied this many views. */
async function addUp(
  worker: ChildProcess,
  views: number,
  onApplied: () => void,
): Promise<Map<string, number>> {
  const pages = new Map<string, number>();
  let total = 0;
  for await (const line of createInterface({ input: worker.stdout ?? expect.fail('no pipe') })) {
    const page = JSON.parse(line) as { path: string; views: number };
    pages.set(page.path, (pages.get(page.path) ?? 0) + page.views);
    total += page.views;
    if (total >= views) onApplied();
  }
  return pages;
}

test('what one process counts, another one applies', async () => {
  await using redis = await startRedisServer();
  const worker = start('worker.ts', redis.url);
  const producer = start('producer.ts', redis.url, String(VIEWS), String(PAGES));
  const applied = addUp(worker.child, VIEWS, () => worker.child.kill('SIGTERM'));

  expect(await producer.exited).toEqual({ code: 0, signal: null });
  expect(await worker.exited).toEqual({ code: 0, signal: null });

  const expected = Array.from({ length: PAGES }, (_, i) => [`/${i}`, VIEWS / PAGES] as const);
  expect(await applied).toEqual(new Map(expected));
  await using buffer = await openBuffer({ url: redis.url });
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
});
