import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packages } from './build.mjs';
import { root, runQuietly } from './run.mjs';

/**
 * A package as a release would publish it.
 * @typedef {{
 *   readonly name: string,
 *   readonly from: string,
 *   readonly version: string,
 *   readonly changelog: string,
 *   readonly filename: string,
 *   readonly size: number,
 *   readonly files: readonly { readonly path: string, readonly size: number }[],
 * }} Release
 */

const CHANGESETS = join(root, 'node_modules/@changesets/cli/bin.js');

/**
 * Makes what a release would publish, from the work tree as it is and without touching it.
 * @param {string} out a folder, which gets the archives
 * @returns {Promise<Release[]>}
 */
export async function rehearse(out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const copy = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  try {
    copyInto(copy);
    const before = new Map(packages().map((folder) => [folder, manifestOf(copy, folder).version]));
    await runQuietly('node', [CHANGESETS, 'version'], { cwd: copy });
    await runQuietly('node', ['scripts/peers.mjs'], { cwd: copy });
    const workspaces = packages().flatMap((folder) => ['--workspace', `packages/${folder}`]);
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', out, ...workspaces];
    // An array or an object, by the version of npm. What npm warns about is not part of it.
    const output = execFileSync('npm', args, { cwd: copy, encoding: 'utf8', stdio: 'pipe', env: forNpm() });
    /** @type {Pick<Release, 'name' | 'filename' | 'size' | 'files'>[]} */
    const packed = Object.values(JSON.parse(output));
    return packages().map((folder) => {
      const { name, version } = manifestOf(copy, folder);
      const archive = packed.find((candidate) => candidate.name === name);
      if (archive === undefined) throw new Error(`npm did not pack ${name}.`);
      const { filename, size, files } = archive;
      const from = String(before.get(folder));
      return { name, from, version, changelog: latestOf(copy, folder), filename, size, files };
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The tests run Node with options under which npm, a link itself, does not find its files. */
function forNpm() {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return env;
}

/**
 * Copies what a release reads: what git has, or would add, and what was built.
 * @param {string} copy
 */
function copyInto(copy) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed
    .split('\0')
    .filter((file) => /^(\.changeset|packages|scripts)\/|(^|\/)package\.json$/.test(file))
    .filter((file) => existsSync(join(root, file)));
  for (const file of [...files, ...packages().map((folder) => `packages/${folder}/dist`)]) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  // Changesets asks git when a change was described.
  const author = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '--all'],
    [...author, 'commit', '--quiet', '--message=Rehearsal'],
  ])
    execFileSync('git', args, { cwd: copy, stdio: 'pipe' });
}

/**
 * @param {string} copy
 * @param {string} folder of a package
 */
function manifestOf(copy, folder) {
  return JSON.parse(readFileSync(join(copy, 'packages', folder, 'package.json'), 'utf8'));
}

/**
 * What the changelog says of the latest version.
 * @param {string} copy
 * @param {string} folder of a package
 */
function latestOf(copy, folder) {
  const file = join(copy, 'packages', folder, 'CHANGELOG.md');
  const [, latest = ''] = existsSync(file) ? readFileSync(file, 'utf8').split(/^## .*$/m) : [];
  return latest.trim();
}
