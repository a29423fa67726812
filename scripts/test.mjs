import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, runMain } from './run.mjs';
import { setUp } from './setup.mjs';

// vitest colours its output in some pipes too.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1';

// Vite takes what follows these characters in a path for a query, a fragment or an escape.
const NOT_FOR_VITE = /[?#%]/;

await runMain(async () => {
  await setUp({ redisServer: true });
  const folder = mkdtempSync(join(NOT_FOR_VITE.test(tmpdir()) ? '/tmp' : tmpdir(), 'sluice-test-'));
  try {
    return await test(rootForVite(folder), join(folder, 'results.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * The root, by a path that Vite takes: a link in `folder`, if need be.
 * @param {string} folder
 */
function rootForVite(folder) {
  if (!NOT_FOR_VITE.test(root)) return root;
  const link = join(folder, 'root');
  symlinkSync(root, link);
  // Without these, Node goes on with the path behind the link.
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --preserve-symlinks --preserve-symlinks-main`;
  return link;
}

/**
 * Runs the tests; the last line says how they went.
 * @param {string} from the root
 * @param {string} file for vitest to write its results to
 */
async function test(from, file) {
  const vitest = [join(from, 'node_modules/vitest/vitest.mjs'), 'run', `--root=${from}`];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run(process.execPath, [...vitest, ...reporters, ...process.argv.slice(2)]);
  const { passed, failed, skipped } = countTests(file);
  if (code === 0 && passed === 0) console.log('No test ran.');
  // An error outside any test, such as an unhandled rejection.
  const others = code !== 0 && failed === 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed + others} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return passed === 0 ? code || 1 : code;
}

/** @param {string} file */
function countTests(file) {
  /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const { testResults } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
  /** @param {string[]} wanted */
  const count = (...wanted) =>
    testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => wanted.includes(status)).length;
  // A file that could not be loaded fails without a failed test in it.
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return {
    passed: count('passed'),
    failed: count('failed') + broken.length,
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
  };
}
