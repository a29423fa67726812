import { fork } from 'node:child_process';
import { join } from 'node:path';
import { root, runMain } from './run.mjs';

/** @typedef {import('./count-reporter.mjs').Counts} Counts */

const VITEST = join(root, 'node_modules/vitest/vitest.mjs');
const REPORTERS = ['--reporter=default', '--reporter=./scripts/count-reporter.mjs'];

// vitest colours its output in some pipes too.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1';

// The last line says how the tests went.
await runMain(async () => {
  const { code, passed, failed, skipped } = await test();
  if (code === 0 && passed === 0) console.log('No test ran.');
  // Whatever else vitest objects to, such as a configuration that cannot be loaded.
  const others = code !== 0 && failed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed + others} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return passed === 0 ? code || 1 : code;
});

/** @returns {Promise<Counts & { code: number }>} */
function test() {
  return new Promise((resolve, reject) => {
    let counts = { passed: 0, failed: 0, skipped: 0 };
    const vitest = fork(VITEST, ['run', ...REPORTERS, ...process.argv.slice(2)], { cwd: root });
    vitest.on('message', (message) => {
      counts = /** @type {Counts} */ (message);
    });
    vitest.on('error', reject);
    vitest.on('close', (code) => resolve({ ...counts, code: code ?? 1 }));
  });
}
