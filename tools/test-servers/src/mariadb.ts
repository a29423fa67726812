import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { commandPath, isCommand } from './command-path.js';
import { end, LIMIT_MS, launch } from './launch.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real MariaDB server. */
export interface MariadbServer extends AsyncDisposable {
  /** The path of the socket on which it listens. Its user `root` has no password; there is a database `test`. */
  readonly socket: string;
}

/** Whether there is a MariaDB server on this machine that can be started. */
export const hasMariadb = isCommand('mariadbd') && isCommand('mariadb-install-db');

// A socket's path may have 107 bytes on Linux, and 103 on others.
const MAX_SOCKET_BYTES = 103;

/**
 * Starts MariaDB; its data and its socket are in a temporary folder.
 * @param settings such as `{ 'innodb-rollback-on-timeout': 'on' }`; all else is as MariaDB has it
 * @throws Error when it does not start; its log is in the message
 */
export async function startMariadb(settings: Readonly<Record<string, string>> = {}): Promise<MariadbServer> {
  const base = await temporaryFolder(async (candidate) => {
    const bytes = Buffer.byteLength(join(candidate, 'sluice-mariadb-123456/socket'));
    if (bytes > MAX_SOCKET_BYTES) return `${candidate} is too long for the path of a socket`;
    // mariadb-install-db is a shell script that does not quote all paths.
    return /[^\w/.-]/.test(candidate)
      ? `${candidate} has characters that its installation does not take`
      : undefined;
  });
  const folder = await mkdtemp(join(base, 'sluice-mariadb-'));
  const socket = join(folder, 'socket');
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server) await end(server, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const user = process.getuid?.() === 0 ? ['--user=root'] : [];
    // A server removes all temporary tables that it finds at its start, also those of another one that runs.
    const common = ['--no-defaults', `--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`, ...user];
    const install = [...common, '--auth-root-authentication-method=normal', '--skip-test-db'];
    await promisify(execFile)(commandPath('mariadb-install-db'), install, { timeout: LIMIT_MS });
    server = await launch({
      program: commandPath('mariadbd'),
      args: [
        ...common,
        `--socket=${socket}`,
        '--skip-networking',
        '--innodb-flush-log-at-trx-commit=0',
        `--pid-file=${join(folder, 'pid')}`,
        ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
      ],
      ready: 'ready for connections',
      deathSignal: 'SIGKILL',
      cwd: folder,
    });
    const connection = await createConnection({ socketPath: socket, user: 'root' });
    await connection.query('create database test');
    await connection.end();
    return { socket, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
