import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { type Clock, InvalidInputError } from '@sluice/core';
import {
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
} from '@sluice/core/backend';
import { addressOf, type Login } from './address.js';
import { borrowedConnection } from './borrowed-connection.js';
import { clusterConnection } from './cluster-connection.js';
import { type Connection, type RedisClient, singleConnection } from './connection.js';
import { checkDurability, type Durability } from './durability.js';
import { partsOf } from './errors.js';
import { ownServer } from './own-server.js';
import { sentinelConnection } from './sentinel-connection.js';
import { type ParsedUrl, parseRedisUrl } from './url.js';

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
  /**
   * What replicas must have before it is relied on, so that a failover to one of them loses nothing and applies nothing
   * twice. A claim, and a write with `writes`, takes as long as they do, on a connection of its own; of a client of your
   * own, all calls wait meanwhile. By default a failover may apply batches twice that were claimed in its last moments.
   */
  readonly durability?: Durability;
  /** For tests: the clock of leases and delays. By default the server's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What {@link redis} takes: a URL, or a client of your own. */
export type RedisBackendOptions = CommonOptions &
  (
    | {
        /**
         * `redis://user:password@host:port/db`; a Redis Cluster, by some of its nodes:
         * `redis+cluster://user:password@a:port,b:port`; or the master under sentinels, by its name:
         * `redis+sentinel://user:password@a:port,b:port/name/db`, where `?sentinelUsername=` and `?sentinelPassword=` are
         * for the sentinels. `rediss` in place of `redis` is for TLS, to sentinels and servers alike. The backend opens and
         * closes the connections. `?prefix=` and `?commandTimeoutMs=` are those options, which must not be given
         * beside it then.
         */
        readonly url: string;
        /** TLS options of a `rediss` URL, such as `ca`. By default `servername` is the host name of each server. */
        readonly tls?: ConnectionOptions;
        readonly client?: never;
      }
    | {
        /**
         * An ioredis client of your own, `Redis` (also through sentinels) or `Cluster`. It is never closed, and its
         * `keyPrefix` applies. It may have any options but `stringNumbers`, `monitor`, `role: 'slave'`, `scaleReads` other
         * than `'master'`, and `scripts` under the names of commands. A client of `redis` (node-redis) goes through `nodeRedis()`.
         */
        readonly client: RedisClient;
        readonly url?: never;
        readonly tls?: never;
      }
  );

const OPTIONS: readonly string[] = [
  'url',
  'tls',
  'client',
  'prefix',
  'commandTimeoutMs',
  'durability',
  'clock',
];

/** What {@link RedisBackendOptions} come to. */
export interface ResolvedOptions {
  readonly connection: Connection;
  /** For calls that wait for replicas. */
  readonly replicating: Connection;
  /** Are called when a connection was lost or made anew. */
  readonly listeners: Set<() => void>;
  readonly durability: Durability | undefined;
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
  const { prefix = 'sluice', commandTimeoutMs = 5000, durability, clock } = { ...source, ...given(options) };
  checkPrefix('prefix', prefix);
  if (prefix === '') throw invalid('prefix', 'must not be empty');
  mustBeInteger(option('commandTimeoutMs'), commandTimeoutMs, 1, 2 ** 31 - 1);
  if (clock !== undefined) mustHaveMethods(option('clock', 'redis()'), clock, ['now']);
  if (durability !== undefined) {
    checkDurability(durability, commandTimeoutMs);
    if (options.client !== undefined && typeof options.client.pipeline !== 'function')
      throw invalid('durability', 'needs a client that has pipeline(): nodeRedis() of a cluster has none');
  }
  const listeners = new Set<() => void>();
  const onChange = (): void => {
    for (const listener of listeners) listener();
  };
  const connect = (): Connection => source.connect(commandTimeoutMs, onChange);
  const connection = connect();
  const replicating = durability === undefined ? connection : connect();
  return { connection, replicating, listeners, durability, prefix, clock };
}

/** The options that have a value. */
function given(options: CommonOptions): CommonOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Where the connection comes from, and what a URL says beside that. */
interface Source extends Pick<ParsedUrl, 'prefix' | 'commandTimeoutMs'> {
  connect(commandTimeoutMs: number, onChange: () => void): Connection;
}

function sourceOf(options: RedisBackendOptions): Source {
  const { client, url, tls } = options;
  if ((client === undefined) === (url === undefined)) {
    throw invalid('url', 'or "client" must be given, and not both');
  }
  if (client !== undefined) {
    if (tls !== undefined) throw invalid('tls', 'goes with "url"; a client has TLS options of its own');
    checkClient(client);
    return { connect: (timeoutMs, onChange) => borrowedConnection(client, timeoutMs, onChange) };
  }
  const parsed = parseRedisUrl(url);
  for (const name of ['prefix', 'commandTimeoutMs'] as const) {
    if (options[name] !== undefined && parsed[name] !== undefined)
      throw invalid(name, 'is also a parameter of the URL; give it in one place');
  }
  if (tls !== undefined) {
    mustBePlainObject(option('tls', 'redis()'), tls);
    if (parsed.login.tls === undefined) throw invalid('tls', 'needs a URL that begins with rediss');
    checkTls(tls);
  }
  return { ...parsed, connect: (...call) => ownConnection(parsed, tls, ...call) };
}

/** A key that does not fit, or a file that is none, would keep every connection from being made. */
function checkTls(tls: ConnectionOptions): void {
  try {
    createSecureContext(tls);
  } catch (error) {
    const { message, code } = partsOf(error);
    // What Node received is a key, or its passphrase.
    throw invalid('tls', `cannot be used: ${message.replace(/\.? Received .*/s, '')} (${String(code)})`);
  }
}

/** The connections that a URL asks for. */
function ownConnection(
  parsed: ParsedUrl,
  tls: ConnectionOptions | undefined,
  timeoutMs: number,
  onChange: () => void,
): Connection {
  const { kind, places, master } = parsed;
  const secured = (login: Login): Login => (tls === undefined ? login : { ...login, tls });
  const login = secured(parsed.login);
  switch (kind) {
    case 'server':
      return singleConnection(ownServer(addressOf(places[0], login), timeoutMs, '', onChange));
    case 'cluster':
      return clusterConnection(places, login, timeoutMs, onChange);
    case 'sentinel': {
      const sentinelLogin = secured(parsed.sentinelLogin);
      return sentinelConnection({ sentinels: places, sentinelLogin, master, login }, timeoutMs, onChange);
    }
  }
}

// The commands of a client that the backend uses; a script of the same name would take their place.
const COMMANDS: readonly (keyof RedisClient)[] = [
  'evalsha',
  'eval',
  'sadd',
  'smembers',
  'exists',
  'pipeline',
  'info',
  'config',
];

/** Of the client's own options, those are refused that change replies or take away commands. */
function checkClient(client: RedisClient): void {
  if (typeof client !== 'object' || typeof client.evalsha !== 'function')
    throw invalid('client', 'must be an ioredis client, or nodeRedis(client)');
  const { options = {} } = client as { options?: ClientOptions };
  checkPrefix('keyPrefix of the client', options.keyPrefix ?? '');
  if ((options.scaleReads ?? 'master') !== 'master')
    throw invalid('scaleReads of the client', 'must be "master": a replica may not have what is pending yet');
  const script = Object.keys(options.scripts ?? {}).find((name) =>
    (COMMANDS as readonly string[]).includes(name),
  );
  if (script !== undefined)
    throw invalid('scripts of the client', `must not have ${script}: it takes the place of the command`);
  // A client of a Cluster has the options of its nodes in one of its own.
  const { stringNumbers, monitor, role } = { ...options, ...options.redisOptions };
  if (stringNumbers)
    throw invalid(
      'stringNumbers of the client',
      'must not be set: it turns the numbers of replies into text',
    );
  if (monitor) throw invalid('monitor of the client', 'must not be set: such a client takes no commands');
  if (role === 'slave') throw invalid('role of the client', 'must not be "slave": replicas take no writes');
}

interface ClientOptions {
  readonly keyPrefix?: unknown;
  readonly scaleReads?: unknown;
  readonly scripts?: object;
  readonly stringNumbers?: unknown;
  readonly monitor?: unknown;
  readonly role?: unknown;
  readonly redisOptions?: Pick<ClientOptions, 'stringNumbers' | 'monitor'>;
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
