import { WORK } from '../dependencies.js';
import type { Group, Line } from '../group.js';
import type { Project } from '../project.js';
import { type Format, writeSource } from '../work.js';

interface Runner {
  readonly name: string;
  readonly format: Format;
  readonly file: string;
  /** How a test file gets the function that registers a test. */
  readonly test: string;
  readonly args: readonly string[];
}

const JEST = 'node_modules/jest/bin/jest.js';

export const jest: Runner = {
  name: 'Jest',
  format: 'cjs',
  file: 'jest/work.test.js',
  test: '',
  args: [JEST, '--rootDir', 'jest'],
};

const RUNNERS: readonly Runner[] = [
  jest,
  {
    name: 'Jest, ESM',
    format: 'esm',
    file: 'jest-esm/work.test.mjs',
    test: '',
    args: [
      '--experimental-vm-modules',
      '--no-warnings',
      JEST,
      '--rootDir',
      'jest-esm',
      '--testMatch',
      '**/*.test.mjs',
      '--transform={}',
    ],
  },
  {
    name: 'vitest',
    format: 'esm',
    file: 'vitest/work.test.mjs',
    test: "import { test } from 'vitest';",
    args: ['node_modules/vitest/vitest.mjs', 'run', '--root', 'vitest'],
  },
  ...(['esm', 'cjs'] as const).map((format) => ({
    name: `node:test, ${format}`,
    format,
    file: `node-test/work.test.${format === 'esm' ? 'mjs' : 'cjs'}`,
    test: "import { test } from 'node:test';",
    args: ['--test', `node-test/work.test.${format === 'esm' ? 'mjs' : 'cjs'}`],
  })),
];

export const runners: Group = {
  dependencies: {
    ...WORK,
    jest: '^30.5.2',
    vitest: '^4.1.12',
  },
  lines: RUNNERS.map(lineOf),
};

export function lineOf(runner: Runner): Line {
  return {
    name: runner.name,
    run: async ({ project, servers }) => {
      await writeTests(project, runner);
      await servers.during((env) => project.node(runner.args, env));
      return 'a test a step, @sluice/testing, the conformance suite';
    },
  };
}

/** One test a step, as a user would write them. */
async function writeTests(project: Project, { file, format, test }: Runner): Promise<void> {
  const source = `${test}
    import { steps } from './work.ts';
    import { testingSteps } from './testing.ts';
    for (const [name, step] of Object.entries({ ...steps, ...testingSteps })) test(name, step);
  `;
  await writeSource(project, file, format, source);
}
