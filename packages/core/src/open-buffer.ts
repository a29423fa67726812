import type { Backend } from './backend.js';
import type { Buffer } from './buffer.js';
import { InvalidInputError } from './errors.js';
import type { BufferOptions } from './options.js';
import type { AnySchema, Schema } from './schema.js';
import { type BackendOpener, type BackendPackage, loadBackendPackage } from './support/backend-package.js';
import { excerpt, quote } from './support/text.js';
import { mustBe, mustBePlainObject, option, optionsOf } from './support/validate.js';
import { createBuffer } from './write-behind-buffer.js';

/** What {@link openBuffer} takes: a URL in place of a backend. */
export interface OpenOptions<S extends Schema<S> = AnySchema> extends Omit<BufferOptions<S>, 'backend'> {
  /**
   * `memory:`, `redis://host:6379`, `redis+cluster://a,b,c`, `redis+sentinel://a,b/name`, these with `rediss` for TLS, or
   * one of your own schemes.
   */
  url: string;
  /**
   * TLS options of the connection, such as `ca`, as `connect()` of `node:tls` takes them: for `rediss` URLs, or a scheme of
   * your own.
   */
  tls?: object;
  /** What replicas must have before it is relied on: `durability` of `redis()` in @sluice/redis, or of a scheme of your own. */
  durability?: object;
  /**
   * Further schemes, in lower case with the colon: `{ 'sqlite:': (url) => sqliteBackend(url) }`. They go before the
   * built-in ones, and get `{ tls, durability }` as their second argument, as far as they are given.
   * @default {}
   */
  schemes?: Readonly<Record<string, BackendOpener>>;
}

const PACKAGES: Readonly<Record<string, BackendPackage>> = {
  'memory:': '@sluice/memory',
  'redis:': '@sluice/redis',
  'rediss:': '@sluice/redis',
  'redis+cluster:': '@sluice/redis',
  'rediss+cluster:': '@sluice/redis',
  'redis+sentinel:': '@sluice/redis',
  'rediss+sentinel:': '@sluice/redis',
};

/**
 * Makes a buffer whose backend is picked by a URL, so that configuration alone swaps it. The package of the backend is
 * loaded then: install `@sluice/memory` or `@sluice/redis`.
 * Rejects with {@link InvalidInputError} `ERR_SLUICE_INVALID_URL`, `ERR_SLUICE_UNKNOWN_SCHEME` or, naming the option,
 * `ERR_SLUICE_INVALID_OPTION`; with {@link SluiceError} `ERR_SLUICE_MISSING_PACKAGE` naming the `npm install` to run, or
 * `ERR_SLUICE_BROKEN_PACKAGE` if the package is there and cannot be loaded.
 *
 * @example
 * ```ts
 * const buffer = await openBuffer({ url: process.env.SLUICE_URL ?? 'memory:', sink });
 * ```
 */
export async function openBuffer<S extends Schema<S> = AnySchema>(
  options: OpenOptions<S>,
): Promise<Buffer<S>> {
  mustBePlainObject(optionsOf('openBuffer()'), options);
  const { url, tls, durability, schemes = {}, ...rest } = options;
  mustBePlainObject(option('schemes'), schemes);
  const given = Object.fromEntries(
    Object.entries({ tls, durability }).filter(([, value]) => value !== undefined),
  );
  for (const [name, value] of Object.entries(given)) mustBePlainObject(option(name), value);
  const misspelt = Object.keys(schemes).find((name) => !SCHEME.test(name));
  if (misspelt !== undefined) throw misspeltScheme(misspelt);
  const scheme = schemeOf(url);
  const [unfit] = Object.keys(given);
  if (unfit !== undefined && scheme === 'memory:' && !Object.hasOwn(schemes, scheme))
    throw notInMemory(unfit);
  const open: unknown = Object.hasOwn(schemes, scheme)
    ? schemes[scheme]
    : await builtInOpener(scheme, schemes, url);
  if (typeof open !== 'function') throw mustBe(option(scheme, 'schemes'), 'a function', open);
  const backend = (await open(url, given)) as Backend;
  try {
    return createBuffer<S>({ ...rest, backend } as BufferOptions<S>);
  } catch (error) {
    // Nobody else knows the backend, which may hold a connection.
    await backend?.close?.();
    throw error;
  }
}

const SCHEME = /^[a-z][a-z0-9+.-]{0,40}:$/;

function misspeltScheme(name: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `The option "schemes" takes schemes in lower case with a colon, such as "sqlite:", not ${quote(name)}.`,
  );
}

function notInMemory(name: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    `The option "${name}" is for connections; memory: has none. Leave it out, or open a redis URL.`,
  );
}

function schemeOf(url: string): string {
  const scheme = typeof url === 'string' ? /^[a-z][a-z0-9+.-]{0,40}:/i.exec(url)?.[0] : undefined;
  if (scheme !== undefined) return scheme.toLowerCase();
  throw noScheme();
}

/** A URL may hold a password: no message shows more than its scheme. */
function noScheme(): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_URL',
    'The url must be a string that begins with a scheme, such as memory: or redis://localhost:6379.',
  );
}

function builtInOpener(scheme: string, schemes: object, url: string): Promise<BackendOpener> {
  const name = Object.hasOwn(PACKAGES, scheme) ? PACKAGES[scheme] : undefined;
  if (name !== undefined) return loadBackendPackage(name);
  // What looks like a scheme is the user of `user:password@host`.
  if (url.includes('@') && !url.includes('://')) throw noScheme();
  const known = [...Object.keys(schemes), ...Object.keys(PACKAGES)].join(', ');
  throw new InvalidInputError(
    'ERR_SLUICE_UNKNOWN_SCHEME',
    `No backend has the scheme ${excerpt(scheme)} There are ${known}. Pass your own in \`schemes\`.`,
  );
}
