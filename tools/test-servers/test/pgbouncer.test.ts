import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { hasPgbouncer, startPgbouncer, startPostgres } from '../src/index.js';

test.skipIf(!hasPgbouncer)(
  'a transaction keeps its connection, and clients share connections (skipped where there is no pgbouncer)',
  async () => {
    await using server = await startPostgres({ fsync: 'off' });
    await using bouncer = await startPgbouncer(server);
    const pool = new Pool({ connectionString: bouncer.url, max: 20 });
    const pids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const client = await pool.connect();
        await client.query('begin');
        const first = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        const second = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        await client.query('commit');
        client.release();
        expect(second.rows).toEqual(first.rows);
        return first.rows[0]?.pid;
      }),
    );
    await pool.end();
    expect(new Set(pids).size).toBeLessThanOrEqual(5);
  },
);
