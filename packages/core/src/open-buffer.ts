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
  /** `memory:`, `redis://host:6379`, `rediss://…`, or one of your own schemes. */
  url: string;
  /**
   * TLS options of the connection, such as `ca`, as `connect()` of `node:tls` takes them: for `rediss://`, or a scheme of
   * your own.
   */
  tls?: object;
  /**
   * Further schemes, in lower case with the colon: `{ 'sqlite:': (url) => sqliteBackend(url) }`. They go before the
   * built-in ones, and get `{ tls }` as their second argument.
   * @default {}
   */
  schemes?: Readonly<Record<string, BackendOpener>>;
}

const PACKAGES: Readonly<Record<string, BackendPackage>> = {
  'memory:': '@sluice/memory',
  'redis:': '@sluice/redis',
  'rediss:': '@sluice/redis',
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
  const { url, tls, schemes = {}, ...rest } = options;
  mustBePlainObject(option('schemes'), schemes);
  if (tls !== undefined) mustBePlainObject(option('tls'), tls);
  const misspelt = Object.keys(schemes).find((name) => !SCHEME.test(name));
  if (misspelt !== undefined) throw misspeltScheme(misspelt);
  const scheme = schemeOf(url);
  if (tls !== undefined && scheme === 'memory:' && !Object.hasOwn(schemes, scheme)) throw noTls();
  const open: unknown = Object.hasOwn(schemes, scheme)
    ? schemes[scheme]
    : await builtInOpener(scheme, schemes);
  if (typeof open !== 'function') throw mustBe(option(scheme, 'schemes'), 'a function', open);
  const backend = (await open(url, tls === undefined ? {} : { tls })) as Backend;
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

function noTls(): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_INVALID_OPTION',
    'The option "tls" is for connections; memory: has none. Leave it out, or open a rediss:// URL.',
  );
}

function schemeOf(url: string): string {
  const scheme = typeof url === 'string' ? /^[a-z][a-z0-9+.-]{0,40}:/i.exec(url)?.[0] : undefined;
  if (scheme !== undefined) return scheme.toLowerCase();
  // A URL may hold a password: no message shows more than its scheme.
  throw new InvalidInputError(
    'ERR_SLUICE_INVALID_URL',
    'The url must be a string that begins with a scheme, such as memory: or redis://localhost:6379.',
  );
}

function builtInOpener(scheme: string, schemes: object): Promise<BackendOpener> {
  const name = Object.hasOwn(PACKAGES, scheme) ? PACKAGES[scheme] : undefined;
  if (name !== undefined) return loadBackendPackage(name);
  const known = [...Object.keys(schemes), ...Object.keys(PACKAGES)].join(', ');
  throw new InvalidInputError(
    'ERR_SLUICE_UNKNOWN_SCHEME',
    `No backend has the scheme ${excerpt(scheme)} There are ${known}. Pass your own in \`schemes\`.`,
  );
}
