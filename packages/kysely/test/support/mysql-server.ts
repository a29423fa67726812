import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';

export interface MysqlServer extends AsyncDisposable {
  readonly socket: string;
}

/** Whether there is a MariaDB server on this machine that can be started. */
export const hasMysqlServer = isCommand('mariadbd') && isCommand('mariadb-install-db');

/** A MariaDB server of a test's own, on a socket in a temporary folder. */
export async function startMysql(): Promise<MysqlServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mariadb-'));
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')];
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const install = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ];
  await promisify(execFile)(commandPath('mariadb-install-db'), [...install, ...user]);
  const settings = [
    '--skip-networking',
    '--innodb-flush-log-at-trx-commit=0',
    `--pid-file=${join(folder, 'pid')}`,
  ];
  const server = spawn(
    commandPath('mariadbd'),
    ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, ...settings, ...user],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const reap = (): boolean => server.kill('SIGKILL');
  process.once('exit', reap);
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk) => {
      log += chunk;
      if (log.includes('ready for connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`mariadbd ended: ${log.slice(-1000)}`)));
  });
  const connection = await createConnection({ socketPath: socket, user: 'root' });
  await connection.query('create database test');
  await connection.end();
  return {
    socket,
    async [Symbol.asyncDispose]() {
      process.off('exit', reap);
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isCommand(name: string): boolean {
  return existsSync(commandPath(name));
}

/** Debian keeps servers where only root's PATH has them. */
function commandPath(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? name;
}
