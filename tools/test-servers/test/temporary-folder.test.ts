import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { obstacleTo } from '../src/obstacle.js';
import { temporaryFolder } from '../src/temporary-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp('/tmp/sluice-folder-');
  vi.stubEnv('TMPDIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const stranger = { name: 'stranger', uid: 4_000_000, gid: 4_000_000 };

test('TMPDIR comes first, then the folders of the system', async () => {
  expect(await temporaryFolder(async () => undefined)).toBe(folder);
  expect(await temporaryFolder(async (candidate) => (candidate === folder ? 'no' : undefined))).toBe('/tmp');
});

test('when no folder suits, the error has every reason', async () => {
  const none = temporaryFolder(async (candidate) => `${candidate} is closed`);
  await expect(none).rejects.toThrow(
    `No temporary folder suits the server: ${folder} is closed; /tmp is closed; /var/tmp is closed. Set TMPDIR to another one.`,
  );
});

test.each([
  [0o700, (path: string) => `${path} is closed to the account stranger (mode 700)`],
  [0o755, () => undefined],
  [0o711, () => undefined],
  [0o1777, () => undefined],
  [0o777, (path: string) => `anyone may replace what is in ${path} (mode 777)`],
])('a folder of mode %o', async (mode, expected) => {
  await chmod(folder, mode);
  expect(await obstacleTo(folder, stranger)).toBe(expected(folder));
});

test('the folder that is closed is named, however far above', async () => {
  const inner = await mkdtemp(join(folder, 'inner-'));
  await chmod(inner, 0o755);
  expect(await obstacleTo(inner, stranger)).toBe(`${folder} is closed to the account stranger (mode 700)`);
});

test('a folder that is closed to others may be open to its owner, or to its group', async () => {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  expect(await obstacleTo(folder, { ...stranger, uid })).toBe(undefined);
  await chmod(folder, 0o750);
  expect(await obstacleTo(folder, { ...stranger, gid })).toBe(undefined);
});

test('a folder that does not exist', async () => {
  expect(await obstacleTo(join(folder, 'x'), stranger)).toBe(`there is no ${join(folder, 'x')}`);
});
