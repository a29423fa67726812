import { existsSync, readdirSync } from 'node:fs';
import { canInstall, installPackage } from './apt-get.mjs';

// The laboratory can do without: a machine that is offline must not wait long.
const IMPATIENT = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=10'];

/** Installs what the laboratory moves the clock of Redis with. Where it cannot, one line says so. */
export async function installFaketime() {
  if (process.platform !== 'linux' || isInstalled()) return;
  try {
    if (!canInstall()) throw new Error('It takes root, and apt-get.');
    console.log('Installing libfaketime for the fault laboratory (apt-get) …');
    await installPackage('libfaketime', IMPATIENT);
  } catch {
    console.log('The fault laboratory cannot move the clock of Redis here: there is no libfaketime.');
  }
}

function isInstalled() {
  return readdirSync('/usr/lib').some((name) => existsSync(`/usr/lib/${name}/faketime/libfaketimeMT.so.1`));
}
