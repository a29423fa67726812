import type { Random } from '@sluice/core';
import type pg from 'pg';
import type { Database } from './database.js';
import { SHARED_ROWS } from './settings.js';
import { sleep } from './sleep.js';

const BLOCKED_BY_US = `SELECT count(*)::int AS count FROM pg_stat_activity
  WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))`;

/**
 * Another program that uses the workers' tables, and locks rows in an order of its own: it takes one row, waits until
 * a worker's transaction wants it, and then asks for all the rows that the worker may have. It changes nothing.
 * Answers whether it was the one whom PostgreSQL gave up; if not, a worker may have been.
 */
export async function quarrel(database: Database, random: Random): Promise<'we lost' | 'met' | 'missed'> {
  return database.use(async (client) => {
    await client.query('BEGIN');
    const name = `shared-${Math.floor(SHARED_ROWS * random())}`;
    await client.query(`SELECT 1 FROM counter WHERE name = $1 FOR UPDATE`, [name]);
    if (!(await blocksSomeone(client))) return 'missed';
    try {
      await client.query(`SELECT 1 FROM counter WHERE owner = 'all' ORDER BY name DESC FOR UPDATE`);
      return 'met';
    } catch (error) {
      if ((error as { code?: unknown }).code === '40P01') return 'we lost';
      throw error;
    }
  });
}

async function blocksSomeone(client: pg.Client): Promise<boolean> {
  for (let i = 0; i < 60; i += 1) {
    const { rows } = await client.query<{ count: number }>(BLOCKED_BY_US);
    if ((rows[0]?.count ?? 0) > 0) return true;
    await sleep(10);
  }
  return false;
}
