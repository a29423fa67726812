import { type Clock, InvalidInputError } from '@sluice/core';
import {
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
} from '@sluice/core/backend';
import { borrowedConnection, type Connection, ownConnection, type RedisClient } from './connection.js';
import { parseRedisUrl, type RedisUrl } from './url.js';

interface CommonOptions {
  /**
   * What the names of all keys begin with.
   * @default 'sluice'
   */
  readonly prefix?: string;
  /**
   * How long to wait for a connection or a reply, in milliseconds.
   * @default 5000
   */
  readonly commandTimeoutMs?: number;
  /** For tests: the clock of leases and delays. By default the server's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What {@link redis} takes: the URL of a server, or a client of your own. */
export type RedisBackendOptions = CommonOptions &
  (
    | {
        /** `redis://user:password@host:port/db`, or `rediss://` for TLS. The backend opens and closes the connection. */
        readonly url: string;
        /** TLS options of a `rediss://` connection, such as `ca`. */
        readonly tls?: NonNullable<RedisUrl['tls']>;
        readonly client?: never;
      }
    | {
        /** An ioredis client of your own, of a single server. It is never closed, and its `keyPrefix` applies. */
        readonly client: RedisClient;
        readonly url?: never;
        readonly tls?: never;
      }
  );

const OPTIONS: readonly string[] = ['url', 'tls', 'client', 'prefix', 'commandTimeoutMs', 'clock'];

/** What {@link RedisBackendOptions} come to. */
export interface ResolvedOptions {
  readonly connection: Connection;
  readonly prefix: string;
  readonly clock: Pick<Clock, 'now'> | undefined;
}

/**
 * Checks options and fills in the defaults.
 * @throws InvalidInputError as `redis` does
 */
export function resolveOptions(options: RedisBackendOptions): ResolvedOptions {
  mustBePlainObject(optionsOf('redis()'), options);
  mustBeKnown(optionsOf('redis()'), options, OPTIONS);
  const { prefix = 'sluice', commandTimeoutMs = 5000, clock } = options;
  checkPrefix('prefix', prefix);
  if (prefix === '') throw invalid('prefix', 'must not be empty');
  mustBeInteger(option('commandTimeoutMs'), commandTimeoutMs, 1, 2 ** 31 - 1);
  if (clock !== undefined) mustHaveMethods(option('clock', 'redis()'), clock, ['now']);
  return { connection: connect(options, commandTimeoutMs), prefix, clock };
}

function connect(options: RedisBackendOptions, commandTimeoutMs: number): Connection {
  if ((options.client === undefined) === (options.url === undefined)) {
    throw invalid('url', 'or "client" must be given, and not both');
  }
  if (options.client !== undefined) {
    checkClient(options.client);
    return borrowedConnection(options.client, commandTimeoutMs);
  }
  const { address } = parseRedisUrl(options.url);
  return ownConnection({ ...address, ...(options.tls && { tls: options.tls }) }, commandTimeoutMs);
}

function checkClient(client: RedisClient): void {
  const { isCluster, options } = client as { isCluster?: boolean; options?: { keyPrefix?: unknown } };
  if (isCluster) throw invalid('client', 'must be a client of a single server, not of a Redis Cluster');
  if (typeof client !== 'object' || typeof client.evalsha !== 'function')
    throw invalid('client', 'must be an ioredis client');
  checkPrefix('keyPrefix of the client', options?.keyPrefix ?? '');
}

/** A brace in the prefix would become the hash tag, in place of the one that keeps a partition's keys together. */
function checkPrefix(name: string, prefix: unknown): void {
  if (typeof prefix !== 'string' || !/^[^{}\s\p{Cc}]{0,100}$/u.test(prefix)) {
    throw invalid(
      name,
      'must be a string of at most 100 characters, without braces, white space and control characters',
    );
  }
}

function invalid(name: string, problem: string): InvalidInputError {
  return new InvalidInputError('ERR_SLUICE_INVALID_OPTION', `The option "${name}" ${problem}.`);
}
