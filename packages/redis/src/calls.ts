import type { Connection, RedisClient } from './connection.js';
import type { Durability } from './durability.js';
import { isNoScript } from './errors.js';
import type { Script } from './scripts.js';

type Words = readonly (string | number)[];

/** The reply to a call, and how many replicas have what it changed. */
export interface Replicated {
  readonly reply: unknown;
  readonly replicas: number;
}

/** Runs scripts by their digests; a server that lacks one, new or flushed, gets its source. */
export class Calls {
  readonly #connection: Connection;
  /** WAIT keeps a connection from replying to anything else, so these calls have one to themselves. */
  readonly #replicating: Connection;

  constructor(connection: Connection, replicating: Connection) {
    this.#connection = connection;
    this.#replicating = replicating;
  }

  run({ sha1, source }: Script, keys: readonly string[], args: Words): Promise<unknown> {
    const words = [...keys, ...args.map(String)];
    return this.#connection.run(words[0] as string, (client) =>
      client.evalsha(sha1, keys.length, ...words).catch((error: unknown) => {
        if (!isNoScript(error)) throw error;
        return client.eval(source, keys.length, ...words);
      }),
    );
  }

  /** Runs a script, and waits for replicas. */
  replicated(
    { sha1, source }: Script,
    keys: readonly string[],
    args: Words,
    durability: Durability,
  ): Promise<Replicated> {
    const words = [keys.length, ...keys, ...args];
    return this.#replicating.run(keys[0] as string, (client) =>
      andWait(client, ['evalsha', sha1, ...words], durability).catch((error: unknown) => {
        if (!isNoScript(error)) throw error;
        return andWait(client, ['eval', source, ...words], durability);
      }),
    );
  }
}

/**
 * WAIT counts what was done on its very connection. So both are a pipeline: if the connection is lost in between, a client never
 * sends the rest on another one.
 */
async function andWait(
  client: RedisClient,
  command: Words,
  { replicas, timeoutMs }: Durability,
): Promise<Replicated> {
  const results = await client.pipeline?.([[...command], ['wait', replicas, timeoutMs]]).exec();
  const [[failure, reply], [waitFailure, count]] = results as [Result, Result];
  const error = failure ?? waitFailure;
  if (error !== null) throw error;
  return { reply, replicas: Number(count) };
}

type Result = readonly [error: Error | null, reply: unknown];
