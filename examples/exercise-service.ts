import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import SQLite from 'libsql';

const VIEWS = 50;

/**
 * Runs one of the example services: asks for pages, stops it with SIGTERM, starts it again, and compares the database
 * with what was asked for. Its board looks at the buffer meanwhile. What was not applied when the first one stopped waited in Redis, and the second one applies it.
 */
export async function exerciseService(main: string, sluiceUrl: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-service-'));
  const databaseFile = join(folder, 'pages.db');
  try {
    const first = await startService(main, sluiceUrl, databaseFile);
    await Promise.all(Array.from({ length: VIEWS }, (_, i) => view(first.address, i % 2 ? 'docs' : 'blog')));
    await first.stop();
    const second = await startService(main, sluiceUrl, databaseFile);
    await seeBoard(second.address);
    await view(second.address, 'docs');
    await applied(databaseFile, VIEWS + 1);
    await second.stop();
    assert.equal(viewsIn(databaseFile), VIEWS + 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Service {
  readonly address: string;
  stop(): Promise<void>;
}

async function startService(main: string, sluiceUrl: string, databaseFile: string): Promise<Service> {
  const env = { ...process.env, PORT: '0', SLUICE_URL: sluiceUrl, DATABASE_FILE: databaseFile };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /listening on (http\S+)/.exec(line)?.[1];
      if (address === undefined) continue;
      return {
        address,
        async stop() {
          child.kill('SIGTERM');
          const [code, signal] = await ended;
          // Nest ends itself with the signal that it got.
          assert.ok(code === 0 || signal === 'SIGTERM', `ended with ${code ?? signal}: ${log}`);
        },
      };
    }
    throw new Error(`The service did not start: ${log}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function seeBoard(address: string): Promise<void> {
  const page = await fetch(`${address}/sluice/`);
  assert.match(await page.text(), /board\.js/);
  const target = {
    model: 'Page',
    columns: ['views'],
    filters: [{ name: 'path', type: 'text', value: '/nowhere' }],
  };
  const looked = await fetch(`${address}/sluice/api/target`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sluice-board': '1' },
    body: JSON.stringify(target),
  });
  assert.deepEqual(await looked.json(), { views: 0 });
}

async function view(address: string, name: string): Promise<void> {
  const response = await fetch(`${address}/pages/${name}`);
  assert.equal(await response.text(), `This is ${name}.`);
}

/** Resolves when the worker has applied this many views. */
async function applied(file: string, views: number): Promise<void> {
  while (viewsIn(file) < views) await new Promise((resolve) => setTimeout(resolve, 50));
}

function viewsIn(file: string): number {
  const db = new SQLite(file);
  try {
    db.exec('pragma busy_timeout = 5000');
    const sum = db.prepare('select coalesce(sum(views), 0) as views from pages');
    return (sum.get() as { views: number }).views;
  } finally {
    db.close();
  }
}
