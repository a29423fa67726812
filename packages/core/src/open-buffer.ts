import type { Backend } from './backend.js';
import type { Buffer } from './buffer.js';
import { describe, isRecord } from './entry/target-key.js';
import { excerpt, InvalidInputError, quote } from './errors.js';
import type { BufferOptions } from './options.js';
import type { AnySchema, Schema } from './schema.js';
import { type BackendPackage, loadBackendPackage } from './support/backend-package.js';
import { createBuffer } from './write-behind-buffer.js';

/** Makes a backend from a URL. Backend packages export one as `fromUrl`. */
export type BackendOpener = (url: string) => Backend | Promise<Backend>;

export interface OpenOptions<S extends Schema<S> = AnySchema> extends Omit<BufferOptions<S>, 'backend'> {
  /** `memory:`, `redis://host:6379`, `rediss://…`, or one of your own schemes. */
  url: string;
  /**
   * Further schemes, in lower case with the colon: `{ 'sqlite:': (url) => sqliteBackend(url) }`. They go before the
   * built-in ones.
   */
  schemes?: Readonly<Record<string, BackendOpener>>;
}

const PACKAGES: Readonly<Record<string, BackendPackage>> = {
  'memory:': '@sluice/memory',
  'redis:': '@sluice/redis',
  'rediss:': '@sluice/redis',
};

/**
 * Makes a buffer whose backend is picked by a URL, so that configuration alone swaps it.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_URL`, `ERR_SLUICE_UNKNOWN_SCHEME`
 * @throws SluiceError `ERR_SLUICE_MISSING_PACKAGE` naming the `npm install` to run, or `ERR_SLUICE_BROKEN_PACKAGE` if
 * the package is there and cannot be loaded
 */
export async function openBuffer<S extends Schema<S> = AnySchema>(
  options: OpenOptions<S>,
): Promise<Buffer<S>> {
  if (!isRecord(options)) throw invalid(`takes a plain object, not ${describe(options)}`);
  const { url, schemes = {}, ...rest } = options;
  if (!isRecord(schemes)) throw invalid(`needs schemes as a plain object, not ${describe(schemes)}`);
  const misspelt = Object.keys(schemes).find((name) => !SCHEME.test(name));
  if (misspelt !== undefined)
    throw invalid(`needs schemes in lower case with a colon, such as "sqlite:", not ${quote(misspelt)}`);
  const scheme = schemeOf(url);
  const open: unknown = Object.hasOwn(schemes, scheme)
    ? schemes[scheme]
    : await builtInOpener(scheme, schemes);
  if (typeof open !== 'function')
    throw invalid(`needs a function for the scheme ${scheme}, not ${describe(open)}`);
  const backend = (await open(url)) as Backend;
  try {
    return createBuffer<S>({ ...rest, backend } as BufferOptions<S>);
  } catch (error) {
    // Nobody else knows the backend, which may hold a connection.
    await backend?.close?.();
    throw error;
  }
}

function invalid(problem: string): InvalidInputError {
  return new InvalidInputError('ERR_SLUICE_INVALID_OPTION', `openBuffer() ${problem}.`);
}

const SCHEME = /^[a-z][a-z0-9+.-]{0,40}:$/;

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
