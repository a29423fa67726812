import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '@sluice/core';
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

export type Query = (text: string, values?: readonly unknown[]) => Promise<unknown>;

/** How a database is asked what the laboratory needs. */
export interface Language {
  /** Has the transaction at hand record which batch it applies. */
  tellBatch(query: Query, batch: string): Promise<unknown>;
  pause(query: Query, ms: number): Promise<unknown>;
  /** What has another transaction in the way, if that is why a statement failed. */
  conflictOf(error: unknown): 'deadlock' | 'lock timeout' | undefined;
}

/**
 * The queries of one connection, which notice every transaction: a transaction tells the database which batch it applies,
 * so that a trigger can record it, and it has failpoints around COMMIT.
 */
export function instrumented(plain: Query, language: Language, slowness: Slowness): Query {
  let isApart = false;
  const query: Query = async (text, values) => {
    try {
      return await plain(text, values);
    } catch (error) {
      // The driver must learn of a conflict even if the sink recovers from it.
      const conflict = language.conflictOf(error);
      if (conflict !== undefined) report({ report: isApart ? `${conflict} in isolation` : conflict });
      throw error;
    }
  };
  return async (text, values) => {
    if (/^\s*commit/i.test(text)) return commit(() => query(text, values));
    const begins = /^\s*(begin|start transaction)/i.test(text);
    if (begins) isApart = false;
    if (/^\s*savepoint\s+.sluice_entries/i.test(text)) isApart = true;
    const result = await query(text, values);
    if (begins) await begun(query, language, slowness);
    return result;
  };
}

async function begun(query: Query, language: Language, { share, maxMs, random }: Slowness): Promise<void> {
  const batch = currentBatch.getStore();
  if (batch === undefined) return;
  await language.tellBatch(query, batch);
  if (random() < share) await language.pause(query, random() * maxMs);
}

async function commit(send: () => Promise<unknown>): Promise<unknown> {
  reach('before commit');
  const result = await send();
  reach('after commit');
  return result;
}
