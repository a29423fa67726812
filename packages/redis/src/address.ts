import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The place that a server names; `undefined` if it is none, with which a client would throw. */
export function placeOf(host: unknown, port: unknown): Place | undefined {
  const number = Number(port);
  const isPort = Number.isInteger(number) && 0 < number && number < 65_536;
  return isPort && typeof host === 'string' && /^\S{1,255}$/.test(host) ? { host, port: number } : undefined;
}

/** Who asks, for which database, and whether over TLS. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
}

/** One server, as a client takes it. */
export type ServerAddress = Place & Pick<RedisOptions, 'username' | 'password' | 'db' | 'tls'>;

/** The address of a server at a place. Servers that share a place pick their certificate by the name of the host. */
export function addressOf({ host, port }: Place, { tls, ...login }: Login): ServerAddress {
  if (tls === undefined) return { host, port, ...login };
  // The name must not be an IP address.
  return { host, port, ...login, tls: isIP(host) === 0 ? { servername: host, ...tls } : { ...tls } };
}

/** What distinguishes a place from others, and how messages write it. */
export function nameOf({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
