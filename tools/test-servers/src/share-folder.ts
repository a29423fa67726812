import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a folder to where all accounts may read and run what is in it, and only this one may change it. Copies what
 * is missing there: the next process finds all, and what a cleaner of old files took comes back. Any number of
 * processes may do this at once, also while programs of the copy run.
 * @returns `target`
 * @throws Error when `target` is not a folder that this account, and no other, may write to
 */
export async function shareFolder(source: string, target: string): Promise<string> {
  await mkdir(target, { mode: 0o755 }).catch(ignoring('EEXIST'));
  const { uid, mode } = await lstat(target);
  const isOurs = uid === process.getuid?.();
  // A symbolic link has mode 777.
  if (!isOurs || (mode & 0o022) !== 0) {
    throw new Error(`${target} can be changed by others than this account. Remove it and try again.`);
  }
  await complete(source, target);
  return target;
}

async function complete(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  // For any umask.
  await chmod(target, 0o755);
  const entries = await readdir(source, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const [from, to] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) await complete(from, to);
      else if ((await sizeOf(from)) !== (await sizeOf(to))) await replace(from, to);
    }),
  );
}

/** In one step: nobody sees half a file. */
async function replace(from: string, to: string): Promise<void> {
  const draft = `${to}.${randomUUID()}`;
  await cp(from, draft, { verbatimSymlinks: true });
  if (!(await lstat(draft)).isSymbolicLink()) await chmod(draft, 0o755);
  await rename(draft, to);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoring('ENOENT')))?.size;
}

function ignoring(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}
