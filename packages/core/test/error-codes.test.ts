import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../src/errors.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The codes in the files below a folder of each package, apart from those that the filter leaves out. */
function codesIn(folder: string, without: RegExp): Set<string> {
  const files = readdirSync(`${root}packages`).flatMap((name) =>
    readdirSync(`${root}packages/${name}/${folder}`, { recursive: true })
      .map((file) => `${root}packages/${name}/${folder}/${file}`)
      .filter((file) => file.endsWith('.ts') && !without.test(file)),
  );
  return new Set(files.flatMap((file) => codesOf(readFileSync(file, 'utf8'))));
}

function codesOf(text: string): string[] {
  return text.match(/\bERR_SLUICE_[A-Z_]*[A-Z]\b/g) ?? [];
}

const known = [...ERROR_CODES].sort();

test('docs/errors.md has one row for each code, and no others', () => {
  const rows = readFileSync(`${root}docs/errors.md`, 'utf8').match(/^\| `ERR_.*? \|/gm) ?? [];
  expect(rows.flatMap(codesOf).sort()).toEqual(known);
});

test('each code is thrown somewhere', () => {
  const classes = codesOf(
    readFileSync(`${root}packages/core/src/errors.ts`, 'utf8').split('as const;')[1] ?? '',
  );
  expect([...new Set([...codesIn('src', /core\/src\/errors\.ts$/), ...classes])].sort()).toEqual(known);
});

test('each code has a test', () => {
  expect([...codesIn('test', /error-codes\.test\.ts$/)].sort()).toEqual(known);
});
