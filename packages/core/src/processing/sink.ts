import { ProcessingError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { AnySchema, Batch, Schema } from '../schema.js';
import { messageOf } from '../support/text.js';

/** An entry of a batch that cannot be applied, while the others are. */
export interface Rejection {
  /** The entry's place in `batch.entries`. */
  readonly index: number;
  readonly reason: string;
}

/** What a sink may return. If it returns nothing, or rejects nothing, the whole batch was applied. */
export interface SinkResult {
  /** These become dead letters. All other entries were applied. */
  readonly rejected: readonly Rejection[];
}

/** What a {@link Sink} gets besides the batch. */
export interface SinkContext {
  /** Aborts when the lease is lost, or `close()` runs out of time. */
  readonly signal: AbortSignal;
  /** The buffer's `leaseMs`, in milliseconds: what takes longer without a sign of life is done again by another worker. */
  readonly leaseMs: number;
  /** How long ago the batch was made, in milliseconds, by the backend's clock. It keeps its age when it is delivered again. */
  readonly ageMs: number;
  /** Where the buffer logs, for what a sink has to say of a batch. */
  readonly logger: Logger;
}

/**
 * Applies a batch to a database. Resolving acknowledges the batch; throwing has it delivered again later. To be
 * exact, a sink records `batch.id` in the transaction that applies the entries, and skips a batch whose id is there.
 * The signal aborts when the lease is lost: what is not committed by then should be rolled back.
 * `kyselySink` of `@sluice/kysely` does all that.
 *
 * @example
 * ```ts
 * const sink: Sink = async (batch, { signal }) => {
 *   const connection = await pool.connect();
 *   try {
 *     await connection.query('begin');
 *     const entered = await connection.query('insert into ledger (id) values ($1) on conflict do nothing', [batch.id]);
 *     if (entered.rowCount === 1) await applyEntries(connection, batch.entries);
 *     signal.throwIfAborted();
 *     await connection.query('commit');
 *   } catch (error) {
 *     await connection.query('rollback');
 *     throw error;
 *   } finally {
 *     connection.release();
 *   }
 * };
 * ```
 */
export interface Sink<S extends Schema<S> = AnySchema> {
  // biome-ignore lint/suspicious/noConfusingVoidType: a sink that returns nothing is the usual one
  (batch: Batch<S>, context: SinkContext): Promise<SinkResult | void>;

  /**
   * Called before a batch is given up. An exact sink makes sure here that the batch can never be applied any more,
   * in the database, since an earlier delivery may have been committed without anyone knowing, or may still run. It
   * returns what became of the batch: all entries rejected, or what the commit rejected. Throwing keeps the batch.
   * It may be called again for the same batch, by another worker, too.
   * Without this, all entries of the batch become dead letters, though they may have been applied.
   */
  giveUp?(batch: Batch<S>, context: SinkContext & { readonly reason: string }): Promise<SinkResult>;
}

/** Runs a sink on a batch. Rejects with what it throws, or if what it returns is invalid. */
export async function apply(sink: Sink, batch: Batch, context: SinkContext): Promise<readonly Rejection[]> {
  return rejectedOf(batch, await sink(batch, context));
}

/** Has a sink give a batch up. Without `giveUp`, all entries are rejected. */
export async function giveUp(
  sink: Sink,
  batch: Batch,
  reason: string,
  context: SinkContext,
): Promise<readonly Rejection[]> {
  if (sink.giveUp === undefined) return batch.entries.map((_, index) => ({ index, reason }));
  const returned: unknown = await sink.giveUp(batch, { ...context, reason });
  // A missing return value would otherwise mean "everything was applied".
  if (!hasRejected(returned)) throw invalidResult('giveUp() did not say what it rejects');
  return rejectedOf(batch, returned);
}

/**
 * The rejections in what a sink returned. A sink may return anything else, such as a driver's result: its batch is
 * applied. But a wrong index would bury the wrong entry.
 */
function rejectedOf(batch: Batch, returned: unknown): readonly Rejection[] {
  if (!hasRejected(returned)) return [];
  const { rejected } = returned;
  if (!Array.isArray(rejected)) throw invalidResult('`rejected` is not an array');
  const indexes = new Set(rejected.map((rejection: Partial<Rejection> | null) => rejection?.index));
  const valid = [...indexes].every(
    (index) => Number.isInteger(index) && batch.entries[index as number] !== undefined,
  );
  if (!valid || indexes.size < rejected.length) {
    throw invalidResult(
      `it rejects an index that is not from 0 to ${batch.entries.length - 1}, or one index twice`,
    );
  }
  return rejected.map(({ index, reason }: Rejection) => ({ index, reason: messageOf(reason) }));
}

function hasRejected(returned: unknown): returned is { readonly rejected: unknown } {
  return typeof returned === 'object' && returned !== null && 'rejected' in returned;
}

function invalidResult(problem: string): ProcessingError {
  return new ProcessingError(
    'ERR_SLUICE_INVALID_ARGUMENT',
    `What the sink returned cannot be used: ${problem}. A sink returns nothing, or { rejected: [{ index, reason }] }.`,
  );
}
