import { canInstall, installPackage, isCommand } from './apt-get.mjs';

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
