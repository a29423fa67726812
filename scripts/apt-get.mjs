import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './run.mjs';

/** Whether this account may install packages of Debian on this machine. */
export function canInstall() {
  return isCommand('apt-get') && (process.getuid?.() === 0 || isCommand('sudo'));
}

/**
 * Installs a package of Debian.
 * @param {string} name
 * @param {readonly string[]} options of apt-get
 */
export async function installPackage(name, options = []) {
  await aptGet('update', '-qq', ...options);
  await aptGet('install', '-y', '-qq', '--no-install-recommends', ...options, name);
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
export function isCommand(name) {
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
