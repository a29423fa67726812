import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs the suite under `node --test`, against the sources, and returns how many tests passed and failed. */
function run(env: Record<string, string>): Promise<{ passed: number; failed: number; output: string }> {
  const args = ['--import', 'tsx', '--test', '--test-reporter', 'tap', path('./node-test.ts')];
  const options = {
    env: { ...process.env, TSX_TSCONFIG_PATH: path('./tsconfig.json'), ...env },
    maxBuffer: 2 ** 26,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (_, stdout, stderr) => {
      const count = (what: string): number =>
        Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? NaN);
      resolve({ passed: count('pass'), failed: count('fail'), output: stdout + stderr });
    });
  });
}

test('the suite runs under node:test, and fails there when a backend is wrong', async () => {
  const [good, bad] = await Promise.all([run({}), run({ BROKEN: 'yes' })]);
  expect(good.failed, good.output).toBe(0);
  expect(good.passed).toBeGreaterThan(150);
  expect(bad.failed, bad.output).toBeGreaterThan(0);
  expect(bad.output).toMatch(/not ok \d+ - lease: the old holder is refused everywhere/);
});
