import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { openBuffer } from '@sluice/core';
import { recordingSink } from '@sluice/testing';
import { conformance } from '@sluice/testing/conformance';
import { afterAll, expect, test } from 'vitest';
import { fromUrl, postgres } from './postgres-backend.js';

const db = await PGlite.create();
afterAll(() => db.close());

conformance({
  test,
  open: async ({ clock }) => {
    await db.exec('DROP SCHEMA IF EXISTS sluice CASCADE');
    return postgres({ db, clock });
  },
  corrupt: async (_, partition, key) => {
    await db.sql`
      UPDATE sluice.entry SET fields = '{"+views":"many"'
      WHERE partition = ${partition} AND key = ${key}`;
  },
});

test('what the server refuses is an error that says what became of the call', async () => {
  const backend = await postgres({ db });
  await db.exec('DROP SCHEMA sluice CASCADE');
  await expect(backend.partitions(1)).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_FAILED',
    retryable: false,
    outcome: 'refused',
  });
});

test('what is pending outlives the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pglite-'));
  try {
    const options = { url: `pglite:${folder}`, schemes: { 'pglite:': fromUrl } };
    const before = await openBuffer(options);
    await before.incr('Page', { views: 3 }, { path: '/docs' });
    await before.close();

    const sink = recordingSink();
    await using after = await openBuffer({ ...options, sink });
    await after.processPending();
    expect(sink.total('Page', 'views', { path: '/docs' })).toBe(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
