import type { Backend } from '../backend.js';
import { SluiceError } from '../errors.js';
import { messageOf } from './text.js';

/** What {@link openBuffer} hands on beside the URL. */
export interface OpenerOptions {
  /** TLS options of the connection, those of `connect()` in `node:tls`. */
  readonly tls?: object;
  /** What replicas must have before it is relied on. */
  readonly durability?: object;
}

/** Makes a backend from a URL, for {@link OpenOptions.schemes}. Backend packages export one as `fromUrl`. */
export type BackendOpener = (url: string, options: OpenerOptions) => Backend | Promise<Backend>;

/** The packages that have a backend for `openBuffer`. */
export type BackendPackage = '@sluice/memory' | '@sluice/redis';

/**
 * Loads what makes a backend from a URL. A service installs only the packages that it uses.
 * @throws SluiceError `ERR_SLUICE_MISSING_PACKAGE` if the package is not installed, `ERR_SLUICE_BROKEN_PACKAGE` if it
 * is, and cannot be loaded
 */
export async function loadBackendPackage(name: BackendPackage): Promise<BackendOpener> {
  const { fromUrl } = (await load(name)) as { fromUrl?: BackendOpener };
  if (typeof fromUrl === 'function') return fromUrl;
  throw broken(name, 'it has no fromUrl(), so its version does not fit');
}

async function load(name: BackendPackage): Promise<object> {
  // A bundler follows the import of a literal and, inside `try`, passes over a package that is not installed. The
  // assertions keep the compiler from looking for types that are built after this package.
  try {
    switch (name) {
      case '@sluice/memory':
        return await import('@sluice/memory' as string);
      case '@sluice/redis':
        return await import('@sluice/redis' as string);
    }
  } catch (cause) {
    throw loadError(name, cause);
  }
}

/** What an import that failed means: this very package was not found, or it cannot be used. */
export function loadError(name: BackendPackage, cause: unknown): SluiceError {
  return isMissing(name, cause) ? missing(name, cause) : broken(name, messageOf(cause), cause);
}

/** By the message: codes differ between runtimes, and are the same if a dependency of the package is missing. */
function isMissing(name: BackendPackage, cause: unknown): boolean {
  return new RegExp(`(Cannot find (package|module)|tried to access) '?${name}'?(?![\\w/-])`).test(
    messageOf(cause),
  );
}

function missing(name: BackendPackage, cause: unknown): SluiceError {
  const install = name === '@sluice/redis' ? `${name} ioredis` : name;
  return new SluiceError(
    'ERR_SLUICE_MISSING_PACKAGE',
    `The package ${name}, which has the backend for this URL, is not installed. Run: npm install ${install}`,
    { cause },
  );
}

function broken(name: BackendPackage, problem: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'ERR_SLUICE_BROKEN_PACKAGE',
    `The package ${name} is installed but cannot be used: ${problem}. Install all @sluice packages in one version, and their peers.`,
    { cause },
  );
}
