import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packages } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CHANGESETS = join(root, 'node_modules/@changesets/cli/bin.js');
const WORKSPACES = ['.', 'examples', 'lab', 'bench', ...packages().map((name) => `packages/${name}`)];

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice release-'));
  for (const path of ['.changeset', 'scripts', 'package-lock.json']) copy(path);
  for (const path of WORKSPACES) copy(`${path}/package.json`);
  for (const name of packages()) copy(`packages/${name}/tsup.config.ts`);
  run('git', 'init', '--quiet', '--initial-branch=main');
  release();
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a release moves all packages together, each asking for the core of that release or a later one', () => {
  const [major = 0] = versionsOf().map((version) => Number.parseInt(version, 10));
  change('@sluice/kysely', 'major');
  expectRelease(`${major + 1}.0.0`);
  change('@sluice/redis', 'patch');
  expectRelease(`${major + 1}.0.1`);
  change('@sluice/core', 'minor');
  expectRelease(`${major + 1}.1.0`);
});

function copy(path: string): void {
  cpSync(join(root, path), join(folder, path), { recursive: true });
}

/** Describes a change, as `npm run changeset` does. */
function change(name: string, kind: 'patch' | 'minor' | 'major'): void {
  const file = `${name.replace('/', '-')}.md`;
  writeFileSync(join(folder, '.changeset', file), `---\n'${name}': ${kind}\n---\n\nA ${kind} change.\n`);
}

function expectRelease(version: string): void {
  release();
  const siblings = packages().flatMap((name) => siblingsOf(manifestOf(name)));
  expect({ versions: [...new Set(versionsOf())], siblings }).toEqual({
    versions: [version],
    siblings: siblings.map(([name]) => [name, `^${version}`]),
  });
  expect(siblings).not.toEqual([]);
}

/** The packages of Sluice that one asks for. */
function siblingsOf({ dependencies, peerDependencies }: Manifest): [string, string][] {
  return Object.entries({ ...dependencies, ...peerDependencies }).filter(([name]) =>
    name.startsWith('@sluice/'),
  );
}

/** What `npm run version` does before it installs. */
function release(): void {
  // Changesets reads from git when a change was described.
  run('git', 'add', '--all');
  run(
    'git',
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@localhost',
    'commit',
    '--quiet',
    '--message=Change',
  );
  run(process.execPath, CHANGESETS, 'version');
  run(process.execPath, 'scripts/peers.mjs');
}

function versionsOf(): string[] {
  return packages().map((name) => manifestOf(name).version);
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8'));
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { cwd: folder, stdio: 'pipe' });
}
