import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as core from '@sluice/core';
import * as implementors from '@sluice/core/backend';
import { type MemoryBackend, type MemoryOptions, memory } from '@sluice/memory';
import { conformance } from '@sluice/testing/conformance';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import { MUTANTS, type Mutant } from './mutants.js';

/** Far more than the whole suite takes. */
const HANGING_MS = 10_000;

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

/** The names of the tests that a backend fails. */
async function failures(open: Open): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  conformance({ test: (name, run) => tests.push([name, run]), open, copy });
  const failed = new Set(tests.map(([name]) => name));
  const ended = tests.map(([name, run]) => run().then(() => failed.delete(name)));
  // A buffer may wait for a clock that stands still: such a test has failed, too, and must not hold up the others.
  await Promise.race([Promise.allSettled(ended), setTimeout(HANGING_MS, undefined, { ref: false })]);
  return [...failed];
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
