import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

/** Compiles an example service, and returns its program. */
export async function compile(example: string): Promise<string> {
  const folder = fileURLToPath(new URL(`${example}/`, import.meta.url));
  await promisify(execFile)(process.execPath, [TSC, '--project', folder]);
  return `${folder}dist/main.js`;
}
