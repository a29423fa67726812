import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A package as it would be published. */
export interface Packed {
  readonly name: string;
  /** Its archive. */
  readonly file: string;
}

/** Packs every package that is published into a folder. */
export async function packAll(folder: string): Promise<readonly Packed[]> {
  const names = publishable();
  const workspaces = names.flatMap((name) => ['--workspace', name]);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces];
  const output: unknown = JSON.parse(await command('npm', args, { cwd: root }));
  const packed = Object.values(output as Record<string, { name: string; filename: string }>);
  return packed.map(({ name, filename }) => ({ name, file: join(folder, filename) }));
}

/** The packages whose archives lie in a folder. */
export async function packedIn(folder: string): Promise<readonly Packed[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const manifest = await command('tar', ['-xzOf', file, 'package/package.json'], { cwd: folder });
      return { name: (JSON.parse(manifest) as { name: string }).name, file };
    }),
  );
}

export function publishable(): readonly string[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const file = join(root, 'packages', folder, 'package.json');
    const { name, private: hidden } = JSON.parse(readFileSync(file, 'utf8')) as {
      name: string;
      private?: boolean;
    };
    return hidden ? [] : [name];
  });
}
