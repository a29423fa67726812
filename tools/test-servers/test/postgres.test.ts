import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PostgresServer, startPostgres } from '../src/index.js';
import { installedPostgres } from '../src/postgres-program.js';

const isRoot = process.getuid?.() === 0;
const ODD = `a b#c%20d é ${'long '.repeat(30)}`;

/** A folder for a clone that others may pass through, even if TMPDIR is closed. */
let clone: string;
/** The program, as if it were installed in a clone that lies at an odd path. */
let installed: string;
beforeAll(async () => {
  clone = await realpath(await mkdtemp('/tmp/sluice-clone-'));
  installed = join(clone, ODD);
  await mkdirOpen(installed);
  for (const part of ['package.json', 'native']) {
    await cp(join(installedPostgres(), part), join(installed, part), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
});
afterAll(() => rm(clone, { recursive: true }));

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp('/tmp/sluice-temporary-');
  await chmod(temporary, 0o755);
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

/** Makes a folder that all may pass through, for any umask. */
async function mkdirOpen(folder: string): Promise<void> {
  await mkdir(folder);
  await chmod(folder, 0o755);
}

/** What servers left in a folder, apart from the copy of the program, which is for all that come. */
async function leftIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('sluice-program-'));
}

async function query(server: PostgresServer, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const SETTINGS = { fsync: 'off', deadlock_timeout: '77ms' };

test('starts with the settings, from a path of any characters; stopping leaves nothing behind', async () => {
  await chmod(clone, 0o755);
  const server = await startPostgres(SETTINGS, installed);
  expect(await query(server, 'show deadlock_timeout')).toEqual([{ deadlock_timeout: '77ms' }]);
  expect(await leftIn(temporary)).toEqual([expect.stringMatching(/^sluice-postgres-/)]);
  await server.stop();
  expect(await leftIn(temporary)).toEqual([]);
});

test('keeps what was committed when it is killed or shut down, and starts again', async () => {
  await using server = await startPostgres({ deadlock_timeout: '1s' });
  await query(server, 'create table t as select 1 as n');
  await server.kill();
  await server.start();
  await query(server, 'update t set n = n + 1');
  await server.shutDown();
  await server.start();
  expect(await query(server, 'select n from t')).toEqual([{ n: 2 }]);
});

test('a start that fails says why, and leaves nothing behind', async () => {
  const failing = startPostgres({ no_such_setting: '1' });
  await expect(failing).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  expect(await leftIn(temporary)).toEqual([]);
});

test('a temporary folder with a long path will do', async () => {
  const long = join(temporary, ODD);
  await mkdirOpen(long);
  vi.stubEnv('TMPDIR', long);
  await using server = await startPostgres(SETTINGS);
  expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(await leftIn(long)).toHaveLength(1);
});

// Others run the server as themselves, from where it is.
describe.skipIf(!isRoot)('for root (skipped unless root runs this)', () => {
  test('several start at once from a folder of mode 700, on one copy of the program', async () => {
    await chmod(clone, 0o700);
    const servers = await Promise.all([1, 2].map(() => startPostgres(SETTINGS, installed)));
    for (const server of servers) {
      expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
      await server.stop();
    }
    expect(await readdir(temporary)).toEqual([expect.stringMatching(/^sluice-program-postgres-\d/)]);
  });

  test('a TMPDIR of mode 700 is passed over', async () => {
    await chmod(temporary, 0o700);
    await using server = await startPostgres(SETTINGS);
    expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
    expect(await readdir(temporary)).toEqual([]);
  });
});
