import { InvalidInputError } from '@sluice/core';
import type { RedisOptions } from 'ioredis';

/** Where a server is, and who asks. */
export type RedisUrl = Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>;

/**
 * Reads `redis://user:password@host:port/db`, or `rediss://` for TLS. Messages never show the URL, which may hold a
 * password.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL`, or `ERR_SLUICE_UNKNOWN_SCHEME`
 */
export function parseRedisUrl(text: string): { address: RedisUrl; parameters: URLSearchParams } {
  const url = parse(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw unknownScheme(url.protocol);
  if (!/^\/?\d*$/.test(url.pathname)) throw invalid('the path must be the number of a database');
  const db = url.pathname.slice(1);
  return {
    address: {
      host: decode(url.hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost',
      port: url.port === '' ? 6379 : Number(url.port),
      ...(url.username !== '' && { username: decode(url.username) }),
      ...(url.password !== '' && { password: decode(url.password) }),
      ...(db !== '' && { db: Number(db) }),
      ...(url.protocol === 'rediss:' && { tls: {} }),
    },
    parameters: url.searchParams,
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
