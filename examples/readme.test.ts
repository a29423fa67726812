import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));

test('the code at the top of the README runs, and does what it says', async () => {
  const readme = await readFile(join(HERE, '../README.md'), 'utf8');
  const firstLines = readme.split('\n').slice(0, 20).join('\n');
  const code = /```ts\n([\s\S]*?)```/.exec(firstLines)?.[1];
  expect(code).toBeDefined();
  // Below this folder, so that it finds the packages as a reader's program would.
  const folder = await mkdtemp(join(HERE, 'readme-'));
  try {
    await writeFile(join(folder, 'readme.mts'), String(code));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      join(folder, 'readme.mts'),
    ]);
    expect(stdout).toContain('columns: { views: 1000 }');
    expect(stdout.match(/model:/g)).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
