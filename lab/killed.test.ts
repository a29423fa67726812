import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';

const PATIENCE = { timeout: 40_000, interval: 100 };

/** All files below a folder; a folder may be removed while it is read. */
async function filesIn(folder: string): Promise<string[]> {
  for (;;) {
    try {
      return await readdir(folder, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

test('a driver that is killed leaves no process and no folder behind', { timeout: 100_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-killed-'));
  // When root runs this, PostgreSQL runs as another account, and must be able to keep its data there.
  await chmod(folder, 0o755);
  const main = fileURLToPath(new URL('src/main.ts', import.meta.url));
  const driver = spawn(process.execPath, ['--import', 'tsx', main, '--without', 'token'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: 'ignore',
  });
  // The cache of tsx and the copy of PostgreSQL's program stay, for later runs.
  const left = async (): Promise<string[]> =>
    (await filesIn(folder)).filter(
      (file) => file.startsWith('sluice-') && !file.startsWith('sluice-program-'),
    );

  await vi.waitUntil(async () => (await left()).some((file) => file.includes('history')), PATIENCE);
  expect(commandsNaming(folder).filter((command) => command.includes('worker.mjs'))).not.toEqual([]);
  driver.kill('SIGKILL');
  await once(driver, 'exit');

  await vi.waitUntil(async () => (await left()).length === 0, PATIENCE);
  await vi.waitUntil(() => commandsNaming(folder).length === 0, PATIENCE);
  await rm(folder, { recursive: true });
});

/** The command lines of the processes that name the folder. */
function commandsNaming(folder: string): string[] {
  const commands = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return commands.filter((command) => command.includes(folder));
}
