import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const PROBE_MS = 5000;

/**
 * Sets the clock of the servers in a folder to so many milliseconds from the machine's. The file is replaced as a whole,
 * since they read it all the time.
 */
export async function moveClock(folder: string, offsetMs: number): Promise<void> {
  const file = fileIn(folder);
  await writeFile(`${file}.next`, `${offsetMs < 0 ? '' : '+'}${(offsetMs / 1000).toFixed(3)}\n`);
  await rename(`${file}.next`, file);
}

/**
 * From now on, this process finds a program of the same name that starts the server with a clock which can be moved.
 * `false`: it cannot be moved on this machine, and stays as it is.
 */
export async function useMovableClock(program: string, folder: string): Promise<boolean> {
  const library = await faketime();
  const path = process.env.PATH ?? '';
  const real = path
    .split(delimiter)
    .map((each) => join(each, program))
    .find((file) => existsSync(file));
  if (library === undefined || real === undefined) return false;
  await moveClock(folder, 0);
  const settings = [
    // Its own allocator, jemalloc, asks for the time before libfaketime is ready to tell it. So it gets that of libc.
    `LD_PRELOAD='${library} libc.so.6'`,
    `FAKETIME_TIMESTAMP_FILE='${fileIn(folder)}'`,
    'FAKETIME_NO_CACHE=1',
    // Only the time of day moves: timers keep running, as they do when a machine's clock is set.
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
  ];
  const bin = join(folder, 'bin');
  const script = join(bin, program);
  await mkdir(bin);
  await writeFile(script, `#!/bin/sh\nexec env ${settings.join(' ')} '${real}' "$@"\n`, { mode: 0o755 });
  try {
    await promisify(execFile)(script, ['--version'], { timeout: PROBE_MS, killSignal: 'SIGKILL' });
  } catch {
    return false;
  }
  process.env.PATH = `${bin}${delimiter}${path}`;
  return true;
}

const fileIn = (folder: string): string => join(folder, 'clock');

/** Debian's package libfaketime has a folder for each architecture. */
async function faketime(): Promise<string | undefined> {
  const folders = await readdir('/usr/lib').catch(() => []);
  return folders
    .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file));
}
