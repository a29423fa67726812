import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as core from '@sluice/core';
import * as implementors from '@sluice/core/backend';
import { type MemoryBackend, type MemoryOptions, memory } from '@sluice/memory';
import { conformance } from '@sluice/testing/conformance';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.js';

/** Far more than a test takes. */
const HANGING_MS = 3000;

type Open = (options: MemoryOptions) => MemoryBackend;

const copy = async (backend: MemoryBackend) => {
  const snapshot = backend.snapshot();
  return async () => backend.restore(snapshot);
};

const SOURCES = new URL('../../memory/src/', import.meta.url);
const sources = new Map(readdirSync(SOURCES).map((name) => [name, sourceOf(name)]));

function sourceOf(name: string): string {
  return readFileSync(new URL(name, SOURCES), 'utf8').replace(/^\s*\/\/.*$/gm, '');
}

/** The first test that a backend fails. */
async function firstFailure(open: Open): Promise<string | undefined> {
  const tests: [string, () => Promise<void>][] = [];
  conformance({ test: (name, run) => tests.push([name, run]), open, copy });
  for (const [name, run] of tests) {
    const passed = run().then(
      () => true,
      () => false,
    );
    // A buffer may wait for a clock that stands still: such a test has failed, too.
    if (!(await Promise.race([passed, setTimeout(HANGING_MS, false, { ref: false })]))) return name;
  }
  return undefined;
}

/** Builds the memory backend with a fault in its source. A fault that no longer fits the source is an error. */
function mutate({ changes }: Mutant): Open {
  const mutated = new Map(sources);
  for (const change of changes) replaceOnce(mutated, change);
  const load = (name: string): unknown => {
    const source = mutated.get(name.replace('./', '').replace('.js', '.ts'));
    if (source === undefined) return { ...core, ...implementors };
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const exports = {};
    new Function('exports', 'require', outputText)(exports, load);
    return exports;
  };
  return (load('./memory-backend.js') as { memory: Open }).memory;
}

/** Replaces the only occurrence of `from` in all files, however its lines are broken. */
function replaceOnce(files: Map<string, string>, [from, to]: readonly [string, string]): void {
  const pattern = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const occurrences = [...files].flatMap(([name, text]) =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map(([occurrence]) => ({ name, text, occurrence })),
  );
  expect(occurrences, `${JSON.stringify(from)} must be in the memory backend once`).toHaveLength(1);
  for (const { name, text, occurrence } of occurrences)
    files.set(
      name,
      text.replace(occurrence, () => to),
    );
}

const caught: [mutant: string, by: string | undefined][] = [];

test('the memory backend itself passes', async () => {
  expect(await firstFailure(memory)).toBeUndefined();
});

test.each(MUTANTS)('the suite catches: $name', async (mutant) => {
  const by = await firstFailure(mutate(mutant));
  caught.push([mutant.name, by]);
  expect(by, 'no test of the suite fails').toBeDefined();
});

afterAll(() => {
  const rows = [['deliberate fault', 'the first test that fails'], ...caught];
  console.log(rows.map(([mutant = '', by = 'NOT CAUGHT']) => `${mutant.padEnd(60)}  ${by}`).join('\n'));
});
