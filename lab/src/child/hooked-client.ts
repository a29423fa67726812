import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '@sluice/core';
import pg from 'pg';
import { tell } from './link.js';
import { pass } from './stops.js';

/** The id of the batch that is being applied. */
export const processing = new AsyncLocalStorage<string>();

/** Transactions that take a while: what share of them, and how long at the most. */
export interface Slowness {
  readonly share: number;
  readonly ms: number;
  readonly random: Random;
}

type Query = (text: string, values?: unknown[]) => Promise<unknown>;

/**
 * A client of PostgreSQL that knows of transactions, whoever begins them: it tells the database which batch a
 * transaction is for, so that a trigger can record it, and it has points before and after COMMIT.
 */
export function hookedClient(slowness: Slowness): typeof pg.Client {
  return class HookedClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const plain = this.query.bind(this) as (...all: unknown[]) => Promise<unknown>;
      const query = tellingOfDeadlocks(plain);
      const hooked = async (text: string, values?: unknown[]): Promise<unknown> => {
        if (/^\s*commit/i.test(text)) return commit(() => query(text, values));
        const answer = await query(text, values);
        if (/^\s*(begin|start transaction)/i.test(text)) await begun(query, slowness);
        return answer;
      };
      this.query = ((first: unknown, ...others: unknown[]) =>
        typeof first === 'string' && typeof others.at(-1) !== 'function'
          ? hooked(first, others[0] as unknown[] | undefined)
          : plain(first, ...others)) as typeof this.query;
    }
  };
}

/** The driver wants to know that a deadlock was one, even if the sink makes up for it. */
function tellingOfDeadlocks(query: Query): Query {
  return async (text, values) => {
    try {
      return await query(text, values);
    } catch (error) {
      if ((error as { code?: unknown }).code === '40P01') tell({ note: 'deadlock' });
      throw error;
    }
  };
}

async function begun(query: Query, { share, ms, random }: Slowness): Promise<void> {
  const batch = processing.getStore();
  if (batch === undefined) return;
  await query("SELECT set_config('lab.batch', $1, true)", [batch]);
  if (random() < share) await query('SELECT pg_sleep($1)', [(random() * ms) / 1000]);
}

async function commit(send: () => Promise<unknown>): Promise<unknown> {
  pass('before commit');
  const answer = await send();
  pass('after commit');
  return answer;
}
