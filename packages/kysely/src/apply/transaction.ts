import type { Kysely, Transaction } from 'kysely';
import type { SqlDialect } from '../dialects/dialect.js';
import { failureOf } from '../dialects/failures.js';

export interface TransactionOptions {
  readonly db: Kysely<unknown>;
  readonly dialect: SqlDialect;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const TRIES = 6;

/**
 * Runs a task in a transaction. Rolls back when the task throws, or the signal has aborted by the time of the commit.
 * Serialization failures and deadlocks are tried again, a few times and no longer than `timeoutMs`.
 * @throws what the task, the commit or the signal gave as the reason
 */
export async function inTransaction<T>(
  options: TransactionOptions,
  task: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs } = options;
  const startedAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await once(options, task);
    } catch (error) {
      const late = timeoutMs > 0 && performance.now() - startedAt > timeoutMs;
      if (tries === TRIES || late || failureOf(error, options.dialect.classify) !== 'conflict') throw error;
    }
    await pause(Math.random() * 5 * 2 ** tries, signal);
  }
}

async function once<T>(
  { db, dialect, timeoutMs, signal }: TransactionOptions,
  task: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  const run = async (trx: Transaction<unknown>): Promise<T> => {
    try {
      return await dialect.withSession(trx, timeoutMs, async () => {
        const result = await task(trx);
        signal.throwIfAborted();
        return result;
      });
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    const transaction = db.transaction();
    const { isolationLevel } = dialect;
    return await (isolationLevel ? transaction.setIsolationLevel(isolationLevel) : transaction).execute(run);
  } catch (error) {
    // A rollback fails too when the connection is gone, and would hide why.
    throw failure === undefined ? error : failure.error;
  }
}

/** Resolves after a moment, or as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
