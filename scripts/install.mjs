import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runQuietly } from './run.mjs';

/** Installs the dependencies, unless what is installed is what package-lock.json says. */
export async function install() {
  if (isInstalled()) return;
  console.log('Installing the dependencies (npm ci) …');
  await runQuietly('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

function isInstalled() {
  const installed = packagesIn('node_modules/.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(
    ([path, { version, optional, devOptional }]) =>
      // Optional packages are those of other platforms; paths elsewhere are the workspace's own.
      optional ||
      devOptional ||
      !path.includes('node_modules/') ||
      (installed[path]?.version === version && existsSync(join(root, path))),
  );
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages;
  } catch {
    return {};
  }
}
