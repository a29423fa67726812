import { isIP } from 'node:net';
import { InvalidInputError } from '@sluice/core';
import type { RedisOptions } from 'ioredis';

/** Where a server is, and who asks. */
export type RedisUrl = Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>;

/** What a URL says: where the server is, and what may also be given as options. */
export interface ParsedUrl {
  readonly address: RedisUrl;
  readonly prefix?: string;
  readonly commandTimeoutMs?: number;
}

/**
 * Reads `redis://user:password@host:port/db`, or `rediss://` for TLS; parameters are `?prefix=` and
 * `?commandTimeoutMs=`. Messages never show the URL, which may hold a password.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL`, or `ERR_SLUICE_UNKNOWN_SCHEME`
 */
export function parseRedisUrl(text: string): ParsedUrl {
  const url = parse(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw unknownScheme(url.protocol);
  if (!/^\/?\d*$/.test(url.pathname)) throw invalid('the path must be the number of a database');
  const db = url.pathname.slice(1);
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost';
  return {
    address: {
      host,
      port: url.port === '' ? 6379 : Number(url.port),
      ...(url.username !== '' && { username: decode(url.username) }),
      ...(url.password !== '' && { password: decode(url.password) }),
      ...(db !== '' && { db: Number(db) }),
      // Servers that share an address pick their certificate by this name, which must not be an address.
      ...(url.protocol === 'rediss:' && { tls: isIP(host) === 0 ? { servername: host } : {} }),
    },
    ...parametersOf(url.searchParams),
  };
}

function parametersOf(parameters: URLSearchParams): Omit<ParsedUrl, 'address'> {
  const names = [...parameters.keys()];
  const unknown = names.find((name) => name !== 'prefix' && name !== 'commandTimeoutMs');
  if (unknown !== undefined) {
    throw invalid(
      `it has a parameter ${JSON.stringify(unknown.slice(0, 40))}; there are prefix and commandTimeoutMs`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`it has the parameter ${twice} twice`);
  const prefix = parameters.get('prefix');
  const timeout = parameters.get('commandTimeoutMs');
  return {
    ...(prefix !== null && { prefix }),
    ...(timeout !== null && { commandTimeoutMs: timeout === '' ? Number.NaN : Number(timeout) }),
  };
}

function parse(text: string): URL {
  if (typeof text === 'string' && text.length <= 4096 && URL.canParse(text)) return new URL(text);
  throw invalid('it is not a URL');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a percent sign in it is not followed by two hexadecimal digits');
  }
}

function unknownScheme(protocol: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_UNKNOWN_SCHEME',
    `The Redis backend has no scheme ${protocol.slice(0, 40)} It connects to a single server: redis:// or rediss://.`,
  );
}

function invalid(problem: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_URL',
    `The URL of the Redis backend cannot be used: ${problem}. It looks like redis://user:password@host:6379/0.`,
  );
}
