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
import { type ParsedUrl, parseRedisUrl, type RedisUrl } from './url.js';

interface CommonOptions {
  /**
   * What the names of all keys begin with.
   * @default 'sluice', or `?prefix=` of the URL
   */
  readonly prefix?: string;
  /**
   * How long to wait for a connection or a reply, in milliseconds. A large reply that is still arriving may take up to
   * twelve times as long.
   * @default 5000, or `?commandTimeoutMs=` of the URL
   */
  readonly commandTimeoutMs?: number;
  /** For tests: the clock of leases and delays. By default the server's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What {@link redis} takes: the URL of a server, or a client of your own. */
export type RedisBackendOptions = CommonOptions &
  (
    | {
        /**
         * `redis://user:password@host:port/db`, or `rediss://` for TLS. The backend opens and closes the connection.
         * `?prefix=` and `?commandTimeoutMs=` are those options, which must not be given beside it then.
         */
        readonly url: string;
        /** TLS options of a `rediss://` connection, such as `ca`. By default `servername` is the URL's host name. */
        readonly tls?: NonNullable<RedisUrl['tls']>;
        readonly client?: never;
      }
    | {
        /**
         * An ioredis client of your own, of a single server. It is never closed, and its `keyPrefix` applies. It may have
         * any options but `stringNumbers`, `monitor`, and `scripts` under the names of commands.
         */
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
  const source = sourceOf(options);
  const { prefix = 'sluice', commandTimeoutMs = 5000, clock } = { ...source, ...given(options) };
  checkPrefix('prefix', prefix);
  if (prefix === '') throw invalid('prefix', 'must not be empty');
  mustBeInteger(option('commandTimeoutMs'), commandTimeoutMs, 1, 2 ** 31 - 1);
  if (clock !== undefined) mustHaveMethods(option('clock', 'redis()'), clock, ['now']);
  return { connection: source.connect(commandTimeoutMs), prefix, clock };
}

/** The options that have a value. */
function given(options: CommonOptions): CommonOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Where the connection comes from, and what a URL says beside that. */
interface Source extends Omit<ParsedUrl, 'address'> {
  connect(commandTimeoutMs: number): Connection;
}

function sourceOf(options: RedisBackendOptions): Source {
  const { client, url, tls } = options;
  if ((client === undefined) === (url === undefined)) {
    throw invalid('url', 'or "client" must be given, and not both');
  }
  if (client !== undefined) {
    if (tls !== undefined) throw invalid('tls', 'goes with "url"; a client has TLS options of its own');
    checkClient(client);
    return { connect: (commandTimeoutMs) => borrowedConnection(client, commandTimeoutMs) };
  }
  const { address, ...parameters } = parseRedisUrl(url);
  for (const name of ['prefix', 'commandTimeoutMs'] as const) {
    if (options[name] !== undefined && parameters[name] !== undefined)
      throw invalid(name, 'is also a parameter of the URL; give it in one place');
  }
  if (tls === undefined) return { ...parameters, connect: (timeout) => ownConnection(address, timeout) };
  mustBePlainObject(option('tls', 'redis()'), tls);
  if (address.tls === undefined) throw invalid('tls', 'needs a URL that begins with rediss://');
  const secured = { ...address, tls: { ...address.tls, ...tls } };
  return { ...parameters, connect: (timeout) => ownConnection(secured, timeout) };
}

// The commands of a client that the backend uses; a script of the same name would take their place.
const COMMANDS: Readonly<Record<keyof Omit<RedisClient, 'stream'>, true>> = {
  evalsha: true,
  eval: true,
  smembers: true,
  info: true,
  config: true,
};

/** Of the client's own options, those are refused that change replies or take away commands. */
function checkClient(client: RedisClient): void {
  const { isCluster, options = {} } = Object(client) as { isCluster?: boolean; options?: ClientOptions };
  if (isCluster) throw invalid('client', 'must be a client of a single server, not of a Redis Cluster');
  if (typeof client !== 'object' || typeof client.evalsha !== 'function')
    throw invalid('client', 'must be an ioredis client');
  checkPrefix('keyPrefix of the client', options.keyPrefix ?? '');
  if (options.stringNumbers)
    throw invalid(
      'stringNumbers of the client',
      'must not be set: it turns the numbers of replies into text',
    );
  if (options.monitor)
    throw invalid('monitor of the client', 'must not be set: such a client takes no commands');
  const script = Object.keys(options.scripts ?? {}).find((name) => Object.hasOwn(COMMANDS, name));
  if (script !== undefined)
    throw invalid('scripts of the client', `must not have ${script}: it takes the place of the command`);
}

interface ClientOptions {
  readonly keyPrefix?: unknown;
  readonly stringNumbers?: unknown;
  readonly monitor?: unknown;
  readonly scripts?: object;
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
