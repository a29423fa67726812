import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './run.mjs';

/** Makes sure that there is a redis-server for the tests to start. */
export async function installRedisServer() {
  if (isCommand('redis-server')) return;
  const reason = 'The tests start a redis-server, and there is none on this machine.';
  if (!isCommand('apt-get')) throw new Error(`${reason} Install Redis 6.2 or later and try again.`);
  if (process.getuid?.() !== 0 && !isCommand('sudo')) {
    throw new Error(`${reason} As root, run: apt-get update && apt-get install -y redis-server`);
  }
  console.log('Installing redis-server for the tests (apt-get) …');
  try {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', 'redis-server');
  } catch (cause) {
    throw new Error(`${reason} It could not be installed: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** @param {readonly string[]} args */
function aptGet(...args) {
  // In runlevel 1 the package installs its service and does not start it: the tests want only the program.
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get', ...args];
  const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  return runQuietly(program, rest);
}

/** @param {string} name */
function isCommand(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
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
