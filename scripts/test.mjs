import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runMain } from './run.mjs';
import { missingServers } from './servers.mjs';

/** @typedef {import('./count-reporter.mjs').Counts} Counts */

// vitest colours its output in some pipes too.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1';

// Vite takes what follows these characters in a path for a query, a fragment or an escape.
const NOT_FOR_VITE = /[?#%]/;

// The last line says how the tests went.
await runMain(async () => {
  const { code, passed, failed, skipped, again } = await (NOT_FOR_VITE.test(root)
    ? testThroughLink()
    : test(root));
  const missing = missingServers();
  if (missing !== undefined) console.log(missing);
  for (const name of again) console.log(`Passed when it was run again: ${name}`);
  if (code === 0 && passed === 0) console.log('No test ran.');
  // Anything else that vitest objects to, such as a configuration that cannot be loaded.
  const others = code !== 0 && failed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed + others} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return passed === 0 ? code || 1 : code;
});

/** Tests by a path that Vite takes. */
async function testThroughLink() {
  const folder = mkdtempSync(join(NOT_FOR_VITE.test(tmpdir()) ? '/tmp' : tmpdir(), 'sluice-test-'));
  try {
    const link = join(folder, 'root');
    symlinkSync(root, link);
    // Without these, Node goes on with the path behind the link.
    process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --preserve-symlinks --preserve-symlinks-main`;
    return await test(link);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} from the root
 * @returns {Promise<Counts & { code: number }>}
 */
function test(from) {
  return new Promise((resolve, reject) => {
    /** @type {Counts} */
    let counts = { passed: 0, failed: 0, skipped: 0, again: [] };
    const reporters = ['default', join(from, 'scripts/count-reporter.mjs')].map(
      (name) => `--reporter=${name}`,
    );
    const args = ['run', `--root=${from}`, ...reporters, ...process.argv.slice(2)];
    const vitest = fork(join(from, 'node_modules/vitest/vitest.mjs'), args, { cwd: from });
    vitest.on('message', (message) => {
      counts = /** @type {Counts} */ (message);
    });
    vitest.on('error', reject);
    vitest.on('close', (code) => resolve({ ...counts, code: code ?? 1 }));
  });
}
