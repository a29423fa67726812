import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './run.mjs';

/**
 * A server that the tests start.
 * @typedef {{ readonly command: string, readonly debian: string }} Server
 */

/** @type {Server} */
const REDIS = { command: 'redis-server', debian: 'redis-server' };

/** Where these are missing, the tests that want them are skipped. @type {readonly Server[]} */
const OPTIONAL = [
  { command: 'mariadbd', debian: 'mariadb-server' },
  { command: 'pgbouncer', debian: 'pgbouncer' },
];

/** Makes sure that there is a redis-server for the tests to start. */
export function installRedisServer() {
  return install([REDIS]);
}

/** Makes sure that there are all servers that any test starts. */
export function installServers() {
  return install([REDIS, ...OPTIONAL]);
}

/**
 * Says which tests are skipped on this machine, and what to do about it.
 * @returns one line; `undefined` where none is skipped for want of a server
 */
export function missingServers() {
  const missing = OPTIONAL.filter(({ command }) => !isCommand(command));
  if (missing.length === 0) return undefined;
  const packages = missing.map(({ debian }) => debian).join(' ');
  return `Tests on ${listOf(missing)} were skipped: not found; on Debian: apt-get install ${packages}`;
}

/** @param {readonly Server[]} servers */
async function install(servers) {
  const missing = servers.filter(({ command }) => !isCommand(command));
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  const reason = `The tests start ${listOf(missing)}, and this machine has none.`;
  if (!isCommand('apt-get')) throw new Error(`${reason} Install it (Redis 6.2 or later) and try again.`);
  if (process.getuid?.() !== 0 && !isCommand('sudo')) {
    throw new Error(`${reason} As root, run: apt-get update && apt-get install -y ${packages.join(' ')}`);
  }
  console.log(`Installing ${listOf(missing)} for the tests (apt-get) …`);
  try {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages);
  } catch (cause) {
    throw new Error(`${reason} It could not be installed: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** @param {readonly Server[]} servers */
function listOf(servers) {
  return servers.map(({ command }) => command).join(', ');
}

/** @param {readonly string[]} args */
function aptGet(...args) {
  // In runlevel 1 a package installs its service and does not start it: the tests want only the program.
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get', ...args];
  const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  return runQuietly(program, rest);
}

/**
 * Debian keeps servers where only root's PATH has them.
 * @param {string} name
 */
function isCommand(name) {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((folder) => {
    const path = join(folder, name);
    if (!existsSync(path)) return false;
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
