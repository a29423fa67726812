import type { Batch, Sink } from '@sluice/core';
import pg from 'pg';
import { hookedClient, type Slowness } from './hooked-client.js';

/** The sink under test, and its connections. */
export interface OpenSink {
  readonly sink: Sink;
  close(): Promise<void>;
}

export function openSink(url: string, connections: number, slowness: Slowness): OpenSink {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: 'lab-worker',
    connectionTimeoutMillis: 3000,
    Client: hookedClient(slowness),
  } as pg.PoolConfig);
  pool.on('error', () => {});
  const sink: Sink = async (batch, { signal }) => {
    await transaction(pool, async (client) => {
      if (!(await first(client, batch, 'applied'))) return;
      for (const { filters, columns, extra } of batch.entries) {
        await client.query(
          `INSERT INTO counter VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (name, owner) DO UPDATE SET views = counter.views + excluded.views,
             balance = counter.balance + excluded.balance, seen = greatest(counter.seen, excluded.seen)`,
          [filters.name, filters.owner, columns.views ?? 0, columns.balance ?? 0, extra.seen?.value ?? 0],
        );
      }
      signal.throwIfAborted();
    });
  };
  sink.abandon = (batch, { reason }) =>
    transaction(pool, async (client) => {
      await first(client, batch, 'abandoned');
      const { rows } = await client.query('SELECT fate FROM ledger WHERE id = $1', [batch.id]);
      const applied = (rows as { fate: string }[])[0]?.fate === 'applied';
      return { rejected: applied ? [] : batch.entries.map((_, index) => ({ index, reason })) };
    });
  return { sink, close: () => pool.end() };
}

async function first(client: pg.PoolClient, { id }: Batch, fate: string): Promise<boolean> {
  const { rowCount } = await client.query('INSERT INTO ledger VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    fate,
  ]);
  return rowCount === 1;
}

async function transaction<T>(pool: pg.Pool, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', () => {});
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}
