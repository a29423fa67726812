import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { unprivilegedAccount } from './account.js';
import { commandPath, isCommand } from './command-path.js';
import { end, launch } from './launch.js';
import { obstacleTo } from './obstacle.js';
import type { PostgresServer } from './postgres.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real PgBouncer in front of a PostgreSQL server. */
export interface Pgbouncer extends AsyncDisposable {
  /** `postgres://postgres:postgres@127.0.0.1:port/postgres` */
  readonly url: string;
}

/** Whether there is a PgBouncer on this machine. */
export const hasPgbouncer = isCommand('pgbouncer');

/**
 * Starts PgBouncer on a free port of the loopback interface, in transaction mode: each transaction may run on another
 * connection of the server. As root, it runs as another account.
 * @throws Error when it does not start; its log is in the message
 */
export async function startPgbouncer(server: Pick<PostgresServer, 'url'>): Promise<Pgbouncer> {
  const account = await unprivilegedAccount();
  const base = await temporaryFolder(async (candidate) => account && obstacleTo(candidate, account));
  const folder = await mkdtemp(join(base, 'sluice-pgbouncer-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const port = await getPort({ host: '127.0.0.1' });
    const url = new URL(server.url);
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(file, configuration(url, port));
    if (account) await Promise.all([folder, file].map((path) => chown(path, account.uid, account.gid)));
    const pgbouncer = await launch({
      program: commandPath('pgbouncer'),
      args: [file],
      ready: 'process up',
      deathSignal: 'SIGKILL',
      cwd: folder,
      ...(account && { uid: account.uid, gid: account.gid }),
    });
    url.port = String(port);
    return {
      url: url.href,
      async [Symbol.asyncDispose]() {
        await end(pgbouncer, 'SIGKILL');
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Fewer connections than clients, so that clients share them. */
function configuration({ hostname, port: serverPort, username, password }: URL, port: number): string {
  return `
[databases]
* = host=${hostname} port=${serverPort} user=${username} password=${password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
ignore_startup_parameters = extra_float_digits
`;
}
