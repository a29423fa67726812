import { type SinkContext, SinkUnavailableError } from '@sluice/core';
import {
  Kysely,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely';
import type { PooledConnection } from '../dialects/pool.js';
import type { Settings } from '../options.js';

/** Time for a server that keeps to `timeoutMs` to say so itself. */
const GRACE_MS = 5000;

const CONNECTION = 'a connection, or for the first reply on it';
const STATEMENT = 'the reply to a statement';

/**
 * Runs a task that uses the database, and ends the wait for it as soon as the signal aborts, or one reply takes too long.
 * What is left of the task finds its own signal aborted.
 * @throws what the task throws, the signal's reason, or a SinkUnavailableError that says what was waited for
 */
export async function watched<T>(
  settings: Settings,
  { signal, leaseMs }: Pick<SinkContext, 'signal' | 'leaseMs'>,
  task: (watch: Watch) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const watch = new Watch(settings, settings.timeoutMs ?? leaseMs);
  const follow = (): void => watch.end(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  try {
    return await Promise.race([task(watch), watch.ended]);
  } finally {
    signal.removeEventListener('abort', follow);
    watch.answered();
  }
}

/**
 * A way to the database that waits by our own clock: for a connection, or for one reply, it never waits longer than
 * `timeoutMs` and a grace, whatever the network or the server does.
 */
export class Watch implements KyselyPlugin {
  readonly db: Kysely<unknown>;
  readonly timeoutMs: number;
  /** Rejects when the wait is over before the task is. */
  readonly ended: Promise<never>;
  readonly #limitMs: number;
  readonly #controller = new AbortController();
  /** What can be destroyed if it does not answer. */
  readonly #connections = new Set<PooledConnection>();
  #reject: (reason: unknown) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isConnected = false;

  constructor({ db, dialect, pool }: Settings, timeoutMs: number) {
    const own = pool && dialect.overPool(pool, (connection) => this.#hold(connection));
    this.db = (own === undefined ? db : new Kysely<unknown>({ dialect: own })).withPlugin(this);
    this.timeoutMs = timeoutMs;
    this.#limitMs = timeoutMs + Math.min(timeoutMs, GRACE_MS);
    this.ended = new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  /** Aborts when the wait is over: what is not committed by then must be rolled back. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A transaction begins: it waits for a connection. */
  connecting(): void {
    this.#waitFor(CONNECTION);
  }

  connected(): void {
    this.#isConnected = true;
    this.answered();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.answered();
  }

  /** What Kysely itself sends. */
  ending(what: 'COMMIT' | 'ROLLBACK'): void {
    this.#waitFor(`the reply to ${what}`);
  }

  answered(): void {
    clearTimeout(this.#timer);
  }

  /** Ends the wait. A connection that may still be in the middle of something is of no use to others. */
  end(reason: unknown): void {
    if (this.signal.aborted) return;
    this.answered();
    this.#reject(reason);
    this.#controller.abort(reason);
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    this.signal.throwIfAborted();
    this.#waitFor(this.#isConnected ? STATEMENT : CONNECTION);
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    this.answered();
    return result;
  }

  #waitFor(what: string): void {
    this.answered();
    if (this.#limitMs === 0 || this.signal.aborted) return;
    this.#timer = setTimeout(() => this.end(silent(what, this.#limitMs)), this.#limitMs);
  }

  /** Returns what releases the connection, once and only if it was not destroyed. */
  #hold(connection: PooledConnection): () => void {
    if (this.signal.aborted) {
      connection.release();
      throw this.signal.reason;
    }
    this.#connections.add(connection);
    return () => {
      if (this.#connections.delete(connection)) connection.release();
    };
  }
}

function silent(what: string, limitMs: number): SinkUnavailableError {
  return new SinkUnavailableError(
    [
      `The database was silent: the sink waited for ${what} for ${limitMs} ms (timeoutMs and a grace), and gave it up.`,
      'Look at the server, at what stands between, and at how many connections the pool has.',
    ].join(' '),
  );
}
