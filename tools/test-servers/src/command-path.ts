import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is; only its name if it is nowhere. Debian keeps servers where only root's PATH has them. */
export function commandPath(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? name;
}

export function isCommand(name: string): boolean {
  return existsSync(commandPath(name));
}
