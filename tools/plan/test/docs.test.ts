import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PAGE = new URL('../../../docs/scaling.md', import.meta.url);
const ROOT = new URL('../../..', import.meta.url);
// A command, and what it prints.
const EXAMPLE = /(?<=```sh\nnpm run plan -- )(.*)\n```\n\n```text\n[^`]*\n(?=```)/g;

test('the page shows what its commands print; -u renews it', async () => {
  const page = await readFile(PAGE, 'utf8');
  const examples = [...page.matchAll(EXAMPLE)].map(([, args = '']) => args);
  expect(examples.length).toBeGreaterThanOrEqual(4);
  const printed = await Promise.all(examples.map(plan));
  const renewed = page.replaceAll(
    EXAMPLE,
    (_, args: string) => `${args}\n\`\`\`\n\n\`\`\`text\n${printed.shift()}`,
  );
  await expect(renewed).toMatchFileSnapshot(fileURLToPath(PAGE));
});

/** What the command prints into a pipe. */
async function plan(args: string): Promise<string> {
  const program = ['--import', 'tsx', 'tools/plan/src/main.ts', ...args.split(' ')];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: fileURLToPath(ROOT) });
  return stdout;
}
