import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shareFolder } from '../src/share-folder.js';

const isRoot = process.getuid?.() === 0;

let folder: string;
let source: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-share-'));
  [source, target] = [join(folder, 'source'), join(folder, 'target')];
  await mkdir(join(source, 'bin'), { recursive: true, mode: 0o700 });
  await writeFile(join(source, 'bin/server-1.2'), 'program', { mode: 0o600 });
  await symlink('server-1.2', join(source, 'bin/server'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (): Promise<string> => readFile(join(target, 'bin/server'), 'utf8');
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('the copy is open to all accounts, for any modes of the source and any umask', async () => {
  const umask = process.umask(0o077);
  try {
    expect(await shareFolder(source, target)).toBe(target);
  } finally {
    process.umask(umask);
  }
  expect(await read()).toBe('program');
  for (const path of [target, join(target, 'bin'), join(target, 'bin/server')])
    expect(await modeOf(path)).toBe(0o755);
});

test('what is missing or cut off in the copy comes back, and the rest stays as it is', async () => {
  await shareFolder(source, target);
  const before = await stat(join(target, 'bin/server-1.2'));
  await rm(join(target, 'bin/server'));
  await shareFolder(source, target);
  expect(await read()).toBe('program');
  expect((await stat(join(target, 'bin/server-1.2'))).ino).toBe(before.ino);

  await writeFile(join(target, 'bin/server-1.2'), 'pro');
  await shareFolder(source, target);
  expect(await read()).toBe('program');
});

test('many may copy at once', async () => {
  await Promise.all(Array.from({ length: 20 }, () => shareFolder(source, target)));
  expect(await read()).toBe('program');
  expect((await readdir(join(target, 'bin'))).sort()).toEqual(['server', 'server-1.2']);
});

const REFUSAL = 'can be changed by others than this account';

test('a folder to which others may write is refused', async () => {
  await mkdir(target);
  await chmod(target, 0o777);
  await expect(shareFolder(source, target)).rejects.toThrow(REFUSAL);
  expect(await readdir(target)).toEqual([]);
});

test('a link instead of the folder is refused', async () => {
  await mkdir(join(folder, 'elsewhere'));
  await symlink(join(folder, 'elsewhere'), target);
  await expect(shareFolder(source, target)).rejects.toThrow(REFUSAL);
  expect(await readdir(target)).toEqual([]);
});

test.skipIf(!isRoot)('a folder of another account is refused (skipped unless root runs it)', async () => {
  await mkdir(target);
  await chown(target, 65_534, 65_534);
  await expect(shareFolder(source, target)).rejects.toThrow(REFUSAL);
  expect(await readdir(target)).toEqual([]);
});
