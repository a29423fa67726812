import type { Kysely, Transaction } from 'kysely';
import type { Session, SqlDialect } from '../dialects/dialect.js';
import { failureOf } from '../dialects/failures.js';
import type { Watch } from './watch.js';

const TRIES = 6;

/**
 * Runs a task in a transaction. Rolls back when the task throws, or the watch has ended by the time of the commit.
 * Serialization failures and deadlocks are tried again, a few times and no longer than `timeoutMs`.
 * @throws what the task, the commit or the watch's signal gave as the reason
 */
export async function inTransaction<T>(
  watch: Watch,
  dialect: SqlDialect,
  kind: Pick<Session, 'isAtOnce'>,
  task: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs } = watch;
  const startedAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await once(watch, dialect, { ...kind, timeoutMs }, task);
    } catch (error) {
      const late = timeoutMs > 0 && performance.now() - startedAt > timeoutMs;
      if (tries === TRIES || late || failureOf(error, dialect.classify) !== 'conflict') throw error;
    }
    await pause(Math.random() * 5 * 2 ** tries, signal);
  }
}

async function once<T>(
  watch: Watch,
  dialect: SqlDialect,
  session: Session,
  task: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const { db, signal } = watch;
  let failure: { readonly error: unknown } | undefined;
  const run = async (trx: Transaction<unknown>): Promise<T> => {
    try {
      watch.connected();
      const result = await dialect.withSession(trx, session, () => task(trx));
      // A reply that comes too late must not commit what is delivered again.
      signal.throwIfAborted();
      watch.ending('COMMIT');
      return result;
    } catch (error) {
      failure = { error };
      watch.ending('ROLLBACK');
      throw error;
    }
  };
  try {
    watch.connecting();
    const transaction = db.transaction();
    const { isolationLevel } = dialect;
    return await (isolationLevel ? transaction.setIsolationLevel(isolationLevel) : transaction).execute(run);
  } catch (error) {
    // A rollback fails too when the connection is gone, and would hide why.
    throw failure === undefined ? error : failure.error;
  } finally {
    watch.disconnected();
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
