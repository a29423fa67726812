import { readFileSync } from 'node:fs';
import * as core from '@sluice/core';
import * as implementors from '@sluice/core/backend';
import { type MemoryOptions, memory } from '@sluice/memory';
import { conformance } from '@sluice/testing/conformance';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.js';

type Open = (options: MemoryOptions) => core.Backend;

const SOURCE = new URL('../../memory/src/memory-backend.ts', import.meta.url);
const source = readFileSync(SOURCE, 'utf8').replace(/^\s*\/\/.*$/gm, '');

/** The names of the tests that a backend fails. */
async function failures(open: Open): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  conformance({ test: (name, run) => tests.push([name, run]), open });
  const failed = await Promise.all(
    tests.map(([name, run]) =>
      run().then(
        () => undefined,
        () => name,
      ),
    ),
  );
  return failed.filter((name) => name !== undefined);
}

/** Builds the memory backend with a fault in its source. A fault that no longer fits the source is an error. */
function mutate({ changes }: Mutant): Open {
  const mutated = changes.reduce(replaceOnce, source);
  const { outputText } = ts.transpileModule(mutated, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports: { memory?: Open } = {};
  new Function('exports', 'require', outputText)(exports, () => ({ ...core, ...implementors }));
  return exports.memory as Open;
}

/** Replaces the only occurrence of `from`, however its lines are broken. */
function replaceOnce(text: string, [from, to]: readonly [string, string]): string {
  const pattern = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const occurrences = text.match(new RegExp(pattern, 'g')) ?? [];
  expect(occurrences, `${JSON.stringify(from)} must be in the memory backend once`).toHaveLength(1);
  return text.replace(occurrences[0] as string, () => to);
}

const caught: { mutant: string; by: string[] }[] = [];

test('the memory backend itself passes', async () => {
  expect(await failures(memory)).toEqual([]);
});

test.each(MUTANTS)('the suite catches: $name', async (mutant) => {
  const by = await failures(mutate(mutant));
  caught.push({ mutant: mutant.name, by });
  expect(by, 'no test of the suite fails').not.toEqual([]);
});

afterAll(() => {
  const row = (mutant: string, count: string, first: string) =>
    `${mutant.padEnd(56)}${count.padStart(5)}  ${first}`;
  const rows = caught.map(({ mutant, by }) => row(mutant, String(by.length), by[0] ?? 'NOT CAUGHT'));
  console.log([row('deliberate fault', 'tests', 'the first test that fails'), ...rows].join('\n'));
});
