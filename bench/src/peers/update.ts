import pg from 'pg';
import type { Counter } from '../counter.js';
import { inFlight } from '../in-flight.js';

/* A counter that is a row: each increment is an UPDATE, over ten connections. */

const CONNECTIONS = 10;

export async function openUpdate(url: string): Promise<Counter> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const count = async (path: string): Promise<void> => {
    const { rowCount } = await pool.query('UPDATE page SET views = views + 1 WHERE path = $1', [path]);
    if (rowCount !== 1) throw new Error(`There is no row for ${path}.`);
  };
  return {
    count: (paths) => inFlight(CONNECTIONS, paths, count),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
