import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { command } from './command.js';
import { root } from './packages.js';

/** The Nodes to run on: the oldest that is supported, the two that are maintained longest, the newest. */
export const NODES = ['20.19', '22', '24', 'latest'] as const;

export type NodeName = (typeof NODES)[number];

const VERSIONS: Readonly<Record<NodeName, string>> = {
  '20.19': '20.19.0',
  '22': '22',
  '24': '24',
  latest: 'latest',
};

const FOLDER = join(root, '.cache/compat-nodes');

let installed: Promise<unknown> | undefined;

/** The path of a Node's program, which npm brings. */
export async function nodeOf(name: NodeName): Promise<string> {
  installed ??= install();
  await installed;
  const folder = join(FOLDER, 'node_modules', aliasOf(name));
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: { node: string } };
  return join(folder, bin.node);
}

// The package `node` fetches this one in an install script, which npm may not run.
async function install(): Promise<unknown> {
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  const system = platform === 'win32' ? 'win' : platform;
  const packages = NODES.map((name) => `${aliasOf(name)}@npm:${prefix}-${system}-${arch}@${VERSIONS[name]}`);
  mkdirSync(FOLDER, { recursive: true });
  const manifest = join(FOLDER, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  return command('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: FOLDER });
}

function aliasOf(name: NodeName): string {
  return `node-${name}`;
}
