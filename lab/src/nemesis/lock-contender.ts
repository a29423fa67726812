import type { Random } from '@sluice/core';
import type pg from 'pg';
import { poll } from '../poll.js';
import { integer } from '../random.js';
import type { PostgresDatabase } from '../servers/postgres-database.js';
import { SHARED_ROWS } from '../workload/settings.js';

/**
 * Plays another client of the workers' table, which locks rows in a different order than they do: it locks one row,
 * waits until a worker's transaction wants it, and then asks for all rows that the worker may have locked. It changes
 * nothing.
 * @returns whether PostgreSQL chose this client as the victim of a deadlock; if it got its locks after both had
 * waited, a worker may have been the victim
 */
export async function contend(
  database: PostgresDatabase,
  random: Random,
): Promise<'we were the victim' | 'both waited' | 'nobody waited'> {
  return database.use(async (client) => {
    await client.query('BEGIN');
    const name = `shared-${integer(random, SHARED_ROWS)}`;
    await client.query('SELECT 1 FROM counter WHERE name = $1 FOR UPDATE', [name]);
    if (!(await poll(() => isBlocking(client), { everyMs: 10, tries: 60 }))) return 'nobody waited';
    try {
      await client.query("SELECT 1 FROM counter WHERE owner = 'all' ORDER BY name DESC FOR UPDATE");
      return 'both waited';
    } catch (error) {
      if ((error as { code?: unknown }).code === '40P01') return 'we were the victim';
      throw error;
    }
  });
}

async function isBlocking(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(`
    SELECT FROM pg_stat_activity
    WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))
    LIMIT 1
  `);
  return rowCount === 1;
}
