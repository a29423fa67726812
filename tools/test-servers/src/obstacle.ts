import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from './account.js';

/** Why an account cannot reach a path, or should not trust what it finds there; `undefined` if it can and may. */
export async function obstacleTo(path: string, account: Account): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return `there is no ${path}`;
  for (const part of fromRoot(real)) {
    const stats = await stat(part);
    const mode = (stats.mode & 0o7777).toString(8);
    const bits = stats.mode >> (stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0);
    if ((bits & 1) === 0) return `${part} is closed to the account ${account.name} (mode ${mode})`;
    if (stats.isDirectory() && (stats.mode & 0o1002) === 0o002)
      return `anyone may replace what is in ${part} (mode ${mode})`;
  }
  return undefined;
}

/** `/`, `/a`, `/a/b` for `/a/b`. */
function fromRoot(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...fromRoot(parent), path];
}
