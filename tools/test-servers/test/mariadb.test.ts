import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hasMariadb, startMariadb } from '../src/index.js';

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp('/tmp/sluice-temporary-');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

test.skipIf(!hasMariadb).each(['a b#c%20d é', 'long '.repeat(30)])(
  'starts with any TMPDIR: %j (skipped where there is no mariadbd)',
  async (name) => {
    const folder = join(temporary, name);
    await mkdir(folder);
    vi.stubEnv('TMPDIR', folder);
    await using server = await startMariadb();
    const connection = await createConnection({ socketPath: server.socket, user: 'root', database: 'test' });
    const [rows] = await connection.query('select 1 as n');
    await connection.end();
    expect(rows).toEqual([{ n: 1 }]);
    await server[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  },
);
