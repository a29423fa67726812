import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '@sluice/core';
import pg from 'pg';
import { report } from './driver.js';
import { reach } from './failpoint.js';

/** The id of the batch that is being applied. */
export const currentBatch = new AsyncLocalStorage<string>();

/** Makes some transactions slow. */
export interface Slowness {
  /** The share of transactions that are slow. */
  readonly share: number;
  /** The longest that one takes. */
  readonly maxMs: number;
  readonly random: Random;
}

type Query = (text: string, values?: unknown[]) => Promise<unknown>;

/**
 * A PostgreSQL client that notices every transaction: it tells the database which batch a transaction
 * applies, so that a trigger can record it, and it has failpoints around COMMIT.
 */
export function instrumentedClient(slowness: Slowness): typeof pg.Client {
  return class InstrumentedClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const plain = this.query.bind(this) as (...all: unknown[]) => Promise<unknown>;
      const query = reportingDeadlocks(endingWhenSilent(plain, this));
      const instrumented = async (text: string, values?: unknown[]): Promise<unknown> => {
        if (/^\s*commit/i.test(text)) return commit(() => query(text, values));
        const result = await query(text, values);
        if (/^\s*(begin|start transaction)/i.test(text)) await begun(query, slowness);
        return result;
      };
      this.query = ((first: unknown, ...others: unknown[]) =>
        typeof first === 'string' && typeof others.at(-1) !== 'function'
          ? instrumented(first, others[0] as unknown[] | undefined)
          : plain(first, ...others)) as typeof this.query;
    }
  };
}

/** A connection without replies may be dead without knowing it: the pool must not lend it again. */
function endingWhenSilent(query: Query, client: pg.Client): Query {
  return async (text, values) => {
    try {
      return await query(text, values);
    } catch (error) {
      if (error instanceof Error && error.message === 'Query read timeout')
        client.connection.stream.destroy();
      throw error;
    }
  };
}

/** The driver must learn of a deadlock even if the sink recovers from it. */
function reportingDeadlocks(query: Query): Query {
  return async (text, values) => {
    try {
      return await query(text, values);
    } catch (error) {
      if ((error as { code?: unknown }).code === '40P01') report({ report: 'deadlock' });
      throw error;
    }
  };
}

async function begun(query: Query, { share, maxMs, random }: Slowness): Promise<void> {
  const batch = currentBatch.getStore();
  if (batch === undefined) return;
  await query("SELECT set_config('lab.batch', $1, true)", [batch]);
  if (random() < share) await query('SELECT pg_sleep($1)', [(random() * maxMs) / 1000]);
}

async function commit(send: () => Promise<unknown>): Promise<unknown> {
  reach('before commit');
  const result = await send();
  reach('after commit');
  return result;
}
