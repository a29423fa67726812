import { type Kysely, sql, type Transaction } from 'kysely';
import type { Dialect } from './dialect.js';
import { failureOf } from './failures.js';

export interface TransactionOptions {
  readonly db: Kysely<unknown>;
  readonly dialect: Dialect;
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
      if (tries === TRIES || late || failureOf(error) !== 'conflict') throw error;
    }
    await pause(Math.random() * 5 * 2 ** tries, signal);
  }
}

async function once<T>(options: TransactionOptions, task: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  const run = async (trx: Transaction<unknown>): Promise<T> => {
    try {
      return await withTimeouts(trx, options, async () => {
        const result = await task(trx);
        options.signal.throwIfAborted();
        return result;
      });
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    return await options.db.transaction().execute(run);
  } catch (error) {
    // A rollback fails too when the connection is gone, and would hide why.
    throw failure === undefined ? error : failure.error;
  }
}

async function withTimeouts<T>(
  db: Kysely<unknown>,
  { dialect, timeoutMs }: TransactionOptions,
  task: () => Promise<T>,
): Promise<T> {
  if (timeoutMs === 0 || dialect === 'sqlite') return task();
  if (dialect === 'mysql') return withLockTimeout(db, timeoutMs, task);
  const ms = String(timeoutMs);
  // A worker that vanished must not hold its locks until TCP notices. PGlite has one user, and its timers hang.
  await sql`
    select
      set_config('statement_timeout', ${ms}, true),
      case
        when version() not like '%wasm%'
        then set_config('idle_in_transaction_session_timeout', ${ms}, true)
      end
  `.execute(db);
  return task();
}

/** MySQL has this setting for sessions only, and the connection goes back to a pool. */
async function withLockTimeout<T>(
  db: Kysely<unknown>,
  timeoutMs: number,
  task: () => Promise<T>,
): Promise<T> {
  await sql`set @sluice_lock_wait = @@session.innodb_lock_wait_timeout`.execute(db);
  await sql`set session innodb_lock_wait_timeout = ${Math.ceil(timeoutMs / 1000)}`.execute(db);
  try {
    return await task();
  } finally {
    // If this fails the connection is lost, and its settings with it.
    await sql`set session innodb_lock_wait_timeout = @sluice_lock_wait`.execute(db).catch(() => undefined);
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
