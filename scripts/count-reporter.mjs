/**
 * How many tests there were; `again` has the names of those that passed only when they were run again.
 * @typedef {{ passed: number, failed: number, skipped: number, again: string[] }} Counts
 */
/** @typedef {import('vitest/reporters').Reporter} Reporter */

/**
 * A reporter of vitest that sends its counts to the process that started it.
 * @implements {Reporter}
 */
export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  async onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap(({ children }) => [...children.allTests()]);
    const states = modules.map(({ children }) => [...children.allTests()].map((test) => test.result().state));
    /** @param {string} wanted */
    const count = (wanted) => states.flat().filter((state) => state === wanted).length;
    // A file that could not be loaded, or a hook that threw, fails without a failed test.
    const broken = modules.filter(
      (module, index) => module.state() === 'failed' && !states[index]?.includes('failed'),
    );
    /** @type {Counts} */
    const counts = {
      passed: count('passed'),
      failed: count('failed') + broken.length + unhandledErrors.length,
      skipped: count('skipped') + count('pending'),
      again: tests.filter((test) => test.diagnostic()?.flaky).map(({ fullName }) => fullName),
    };
    await new Promise((resolve) => process.send?.(counts, resolve));
  }
}
