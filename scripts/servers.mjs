import { canInstall, installPackage, isCommand } from './apt-get.mjs';

/**
 * A server, or a browser, that the tests start.
 * @typedef {{ readonly command: string, readonly debian: string }} Server
 */

/** Where these are missing, the tests that want them are skipped. @type {readonly Server[]} */
const OPTIONAL = [
  { command: 'mariadbd', debian: 'mariadb-server' },
  { command: 'pgbouncer', debian: 'pgbouncer' },
  { command: 'promtool', debian: 'prometheus' },
  { command: 'chromium', debian: 'chromium' },
];

/** Makes sure that there is a redis-server for the tests to start. */
export async function installRedisServer() {
  if (isCommand('redis-server')) return;
  const reason = 'The tests start a redis-server, and there is none on this machine.';
  if (!isCommand('apt-get')) throw new Error(`${reason} Install Redis 6.2 or later and try again.`);
  if (!canInstall())
    throw new Error(`${reason} As root, run: apt-get update && apt-get install -y redis-server`);
  console.log('Installing redis-server for the tests (apt-get) …');
  try {
    await installPackage('redis-server');
  } catch (cause) {
    throw new Error(`${reason} It could not be installed: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Installs what some tests start, where that is possible. */
export async function installOptionalServers() {
  for (const { command, debian } of OPTIONAL) {
    if (isCommand(command) || !canInstall()) continue;
    console.log(`Installing ${debian} for the tests (apt-get) …`);
    try {
      await installPackage(debian);
    } catch (cause) {
      console.log(`It could not be installed: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
}

/**
 * Says which tests are skipped on this machine, and what to do about it.
 * @returns one line; `undefined` where none is skipped for want of a server
 */
export function missingServers() {
  const missing = OPTIONAL.filter(({ command }) => !isCommand(command));
  if (missing.length === 0) return undefined;
  const commands = missing.map(({ command }) => command).join(', ');
  const packages = missing.map(({ debian }) => debian).join(' ');
  return `Tests on ${commands} were skipped: not found; on Debian: apt-get install ${packages}`;
}
