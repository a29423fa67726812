import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { unprivilegedAccount } from './account.js';
import { end, LIMIT_MS, launch } from './launch.js';
import { obstacleTo } from './obstacle.js';
import { installedPostgres, programFor } from './postgres-program.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real PostgreSQL server. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** `postgres://postgres:postgres@127.0.0.1:port/postgres` */
  readonly url: string;
  /** Ends it at once, as a crash does: the next start recovers ("immediate shutdown"). */
  kill(): Promise<void>;
  /** Ends it in good order, without waiting for its clients ("fast shutdown"). */
  shutDown(): Promise<void>;
  /** Starts it again, on the same port, data and settings. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const USER = 'postgres';
const PASSWORD = 'postgres';

/**
 * Starts PostgreSQL on a free port of the loopback interface; its data are in a temporary folder. As root, it runs
 * as another account.
 * @param settings such as `{ fsync: 'off' }`; all else is as PostgreSQL has it
 * @param installed the folder of the package with the programs
 * @throws Error when it does not start; its log is in the message
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  installed = installedPostgres(),
): Promise<PostgresServer> {
  const account = await unprivilegedAccount();
  const base = await temporaryFolder(async (candidate) => account && obstacleTo(candidate, account));
  const program = await programFor(account, installed);
  const folder = await mkdtemp(join(base, 'sluice-postgres-'));
  const data = join(folder, 'data');
  // The account may have no way into the folder of this process.
  const run = { cwd: folder, ...(account && { uid: account.uid, gid: account.gid }) };
  const port = await getPort({ host: '127.0.0.1' });
  // TCP only: the path of a socket must be short.
  const all = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const start = () =>
    launch({
      program: program.postgres,
      args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      ready: 'database system is ready to accept connections',
      deathSignal: 'SIGQUIT',
      ...run,
    });
  const remove = () => rm(folder, { recursive: true, force: true });

  try {
    const password = join(folder, 'password');
    await writeFile(password, PASSWORD);
    if (account) await Promise.all([folder, password].map((path) => chown(path, account.uid, account.gid)));
    const flags = [`--username=${USER}`, '--auth=password', `--pwfile=${password}`, '--no-sync'];
    const locale = ['--encoding=UTF8', '--no-locale'];
    await promisify(execFile)(program.initdb, ['-D', data, ...flags, ...locale], {
      timeout: LIMIT_MS,
      ...run,
    });
    let server = await start();
    const stop = async (): Promise<void> => {
      await end(server, 'SIGQUIT');
      await remove();
    };
    return {
      port,
      url: `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
      kill: () => end(server, 'SIGQUIT'),
      shutDown: () => end(server, 'SIGINT'),
      async start() {
        server = await start();
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
