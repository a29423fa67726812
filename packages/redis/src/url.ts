import { InvalidInputError } from '@sluice/core';
import type { Login, Place } from './address.js';

/** What a URL says: where the servers are, who asks, and what may also be given as options. */
export interface ParsedUrl {
  readonly kind: keyof typeof DEFAULT_PORTS;
  /** The server, nodes of the cluster, or sentinels. */
  readonly places: readonly [Place, ...Place[]];
  readonly login: Login;
  /** Of a master under sentinels. */
  readonly master: string;
  readonly sentinelLogin: Login;
  readonly prefix?: string;
  readonly commandTimeoutMs?: number;
}

const DEFAULT_PORTS = { server: 6379, cluster: 6379, sentinel: 26379 } as const;

const KINDS: Readonly<Record<string, { kind: ParsedUrl['kind']; isSecure: boolean }>> = {
  'redis:': { kind: 'server', isSecure: false },
  'rediss:': { kind: 'server', isSecure: true },
  'redis+cluster:': { kind: 'cluster', isSecure: false },
  'rediss+cluster:': { kind: 'cluster', isSecure: true },
  'redis+sentinel:': { kind: 'sentinel', isSecure: false },
  'rediss+sentinel:': { kind: 'sentinel', isSecure: true },
};

const EXAMPLES = {
  server: 'redis://user:password@host:6379/0',
  cluster: 'redis+cluster://user:password@a:6379,b:6379',
  sentinel: 'redis+sentinel://user:password@a:26379,b:26379/master/0',
} as const;

const PARAMETERS = ['prefix', 'commandTimeoutMs'];
const SENTINEL_PARAMETERS = [...PARAMETERS, 'sentinelUsername', 'sentinelPassword'];

/**
 * Reads `redis://user:password@host:port/db`, `redis+cluster://user:password@a:port,b:port` or
 * `redis+sentinel://user:password@a:port,b:port/master/db`, or the same with `rediss` for TLS. Parameters are `?prefix=`,
 * `?commandTimeoutMs=`, and for sentinels `?sentinelUsername=` and `?sentinelPassword=`. Messages never show the URL,
 * which may hold a password.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL`, or `ERR_SLUICE_UNKNOWN_SCHEME`
 */
export function parseRedisUrl(text: string): ParsedUrl {
  const { kind, isSecure } = kindOf(schemeOf(text), text);
  const urls = urlsOf(text, kind);
  const [url] = urls;
  const { master, db } = pathOf(url.pathname, kind);
  const parameters = parametersOf(url.searchParams, kind);
  const login = (username: string, password: string): Login => ({
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(isSecure && { tls: {} }),
  });
  return {
    kind,
    places: placesOf(urls, kind),
    login: {
      ...login(decode(url.username, kind), decode(url.password, kind)),
      ...(db !== '' && { db: Number(db) }),
    },
    master,
    sentinelLogin: login(parameters.get('sentinelUsername') ?? '', parameters.get('sentinelPassword') ?? ''),
    ...optionsOf(parameters),
  };
}

function schemeOf(text: string): string {
  const isText = typeof text === 'string' && text.length <= 4096;
  const scheme = isText ? /^\s*([a-z][a-z0-9+.-]*:)/i.exec(text)?.[1] : undefined;
  if (scheme === undefined) throw invalid('it is not a URL', 'server');
  return scheme.toLowerCase();
}

/** A URL for each of the hosts, since a URL has but one. */
function urlsOf(text: string, kind: ParsedUrl['kind']): [URL, ...URL[]] {
  const parts = /^([^:]+:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(text);
  if (parts === null) throw invalid('it is not a URL', kind);
  const [, before = '', hosts = '', after = ''] = parts;
  // What begins with it would be ignored, though it is most likely the rest of a password.
  if (after.includes('#')) throw invalid('it has a #, which a password must have as %23', kind);
  const urls = hosts.split(',').map((host) => {
    const url = `${before}${host}${after}`;
    if (!URL.canParse(url)) throw invalid('it is not a URL', kind);
    return new URL(url);
  });
  return urls as [URL, ...URL[]];
}

function kindOf(scheme: string, text: string): (typeof KINDS)[string] {
  const found = Object.hasOwn(KINDS, scheme) ? KINDS[scheme] : undefined;
  if (found !== undefined) return found;
  // What looks like a scheme may be the user of `user:password@host`.
  if (!text.includes('://')) throw invalid('it is not a URL', 'server');
  throw new InvalidInputError(
    'ERR_SLUICE_UNKNOWN_SCHEME',
    `The Redis backend has no scheme ${scheme.slice(0, 40)} There are redis:, redis+cluster: and redis+sentinel:, and rediss in place of redis for TLS.`,
  );
}

function placesOf(urls: readonly URL[], kind: ParsedUrl['kind']): [Place, ...Place[]] {
  if (kind === 'server' && urls.length > 1) {
    throw invalid('it has several hosts, which redis+cluster: and redis+sentinel: take', kind);
  }
  const places = urls.map(({ hostname, port }) => {
    const host = decode(hostname.replace(/^\[(.*)\]$/, '$1'), kind);
    if (host === '' && kind !== 'server') throw invalid('a host in it is empty', kind);
    return { host: host || 'localhost', port: port === '' ? DEFAULT_PORTS[kind] : Number(port) };
  });
  return places as [Place, ...Place[]];
}

function pathOf(path: string, kind: ParsedUrl['kind']): { master: string; db: string } {
  const [, first = '', second = '', ...others] = path.split('/');
  const [master, db] = kind === 'sentinel' ? [decode(first, kind), second] : ['', first];
  if (kind === 'sentinel' && master === '')
    throw invalid('its path must begin with the name of the master', kind);
  if (kind === 'cluster' && db !== '') throw invalid('a Redis Cluster has no databases', kind);
  if (!/^\d{0,9}$/.test(db) || (kind === 'sentinel' ? others : [second, ...others]).join('') !== '') {
    throw invalid(`its path must ${kind === 'sentinel' ? 'end with' : 'be'} the number of a database`, kind);
  }
  return { master, db };
}

function parametersOf(parameters: URLSearchParams, kind: ParsedUrl['kind']): URLSearchParams {
  const known = kind === 'sentinel' ? SENTINEL_PARAMETERS : PARAMETERS;
  const names = [...parameters.keys()];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    // What looks like a parameter may be a part of a password, which has a question mark.
    const shown = `${parameters}`.includes('%40') ? '' : ` ${JSON.stringify(unknown.slice(0, 40))}`;
    throw invalid(`it has an unknown parameter${shown}; there are ${known.join(', ')}`, kind);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`it has the parameter ${twice} twice`, kind);
  return parameters;
}

function optionsOf(parameters: URLSearchParams): Pick<ParsedUrl, 'prefix' | 'commandTimeoutMs'> {
  const prefix = parameters.get('prefix');
  const timeout = parameters.get('commandTimeoutMs');
  return {
    ...(prefix !== null && { prefix }),
    ...(timeout !== null && { commandTimeoutMs: timeout === '' ? Number.NaN : Number(timeout) }),
  };
}

function decode(part: string, kind: ParsedUrl['kind']): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a percent sign in it is not followed by two hexadecimal digits', kind);
  }
}

function invalid(problem: string, kind: ParsedUrl['kind']): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_URL',
    `The URL of the Redis backend cannot be used: ${problem}. It looks like ${EXAMPLES[kind]}.`,
  );
}
