import { SinkUnavailableError } from '@sluice/core';
import {
  type CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type KyselySinkOptions, kyselySink } from '../src/index.js';
import { batchOf, context } from './support/batches.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A database that answers until a step, and never again. */
function silentFrom(step: 'connection' | 'begin' | 'statement' | 'commit'): Kysely<unknown> {
  const never = new Promise<never>(() => {});
  class SilentDriver extends DummyDriver {
    override async acquireConnection(): Promise<DatabaseConnection> {
      if (step === 'connection') await never;
      const connection = await super.acquireConnection();
      return {
        streamQuery: (...query) => connection.streamQuery(...query),
        async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
          if (step === 'statement' && sql.includes('insert into "sluice_ledger"')) await never;
          const rows = sql.includes('"sluice_ledger"') ? [{ id: parameters[0] }] : [];
          return { rows: rows as R[] };
        },
      };
    }
    override async beginTransaction(): Promise<void> {
      if (step === 'begin') await never;
    }
    override async commitTransaction(): Promise<void> {
      if (step === 'commit') await never;
    }
  }
  return new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SilentDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

async function delivered(
  db: Kysely<unknown>,
  options: Partial<KyselySinkOptions> = {},
  signal = context.signal,
) {
  vi.useRealTimers();
  const batch = await batchOf([['T', { n: 1 }, { id: 1 }]]);
  vi.useFakeTimers();
  const outcome = vi.fn();
  const sink = kyselySink({ db, models: { T: { table: 't' } }, ...options });
  sink(batch, { ...context, signal }).then(outcome, outcome);
  return outcome;
}

test.each([
  ['connection', 'a connection, or for the first reply on it'],
  ['begin', 'a connection, or for the first reply on it'],
  ['statement', 'the reply to a statement'],
  ['commit', 'the reply to COMMIT'],
] as const)('a database that is silent from its %s is given up, and no timer is left', async (step, what) => {
  const outcome = await delivered(silentFrom(step));
  // The lease, and 5 seconds.
  await vi.advanceTimersByTimeAsync(34_999);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(expect.any(SinkUnavailableError));
  expect(outcome.mock.calls[0]?.[0].message).toContain(`the sink waited for ${what} for 35000 ms`);
  expect(vi.getTimerCount()).toBe(0);
});

test('a grace is no longer than the time that is given', async () => {
  const outcome = await delivered(silentFrom('commit'), { timeoutMs: 100 });
  await vi.advanceTimersByTimeAsync(199);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledOnce();
});

test('without a limit nothing is given up, until the signal aborts', async () => {
  const controller = new AbortController();
  const outcome = await delivered(silentFrom('commit'), { timeoutMs: 0 }, controller.signal);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(outcome).not.toHaveBeenCalled();
  controller.abort(new Error('lease lost'));
  await vi.advanceTimersByTimeAsync(0);
  expect(outcome).toHaveBeenCalledWith(new Error('lease lost'));
  expect(vi.getTimerCount()).toBe(0);
});
