import { BackendError } from '@sluice/core';
import type { Connection } from './connection.js';
import { isNoScript, isReply, partsOf } from './errors.js';
import type { Script } from './scripts.js';

/** Runs scripts on a server. */
export class ScriptRunner {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Runs a script by its digest; a server that lacks it, new or flushed, gets its source.
   * @throws BackendError
   */
  run(
    { sha1, source }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const words = [...keys, ...args.map(String)];
    return this.#connection.run((client) =>
      client
        .evalsha(sha1, keys.length, ...words)
        .catch((error: unknown) => {
          if (!isNoScript(error)) throw error;
          return client.eval(source, keys.length, ...words);
        })
        .catch((error: unknown) => {
          throw corruption(error) ?? error;
        }),
    );
  }
}

/** What a script replies when a key does not hold what Sluice wrote. */
const CORRUPT = 'CORRUPT ';

function corruption(error: unknown): BackendError | undefined {
  const { message } = partsOf(error);
  if (!isReply(error) || !message.startsWith(CORRUPT)) return undefined;
  return new BackendError(
    'ERR_SLUICE_BACKEND_CORRUPT',
    `Redis: the key ${message.slice(CORRUPT.length, 300)}. If a newer version of Sluice wrote it, upgrade this process; otherwise another program changed it: look at the key.`,
    { retryable: false, outcome: 'refused', cause: error },
  );
}
