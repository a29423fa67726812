import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');

/** A block of TypeScript on a page, or in a doc comment. */
interface Block {
  /** `docs/counting.md:12`, the line where it begins. */
  readonly name: string;
  readonly code: string;
  /**
   * The path that the compiler gets: a folder for each page, so that blocks which begin with the name of their file can
   * import each other. A source file is a page, too.
   */
  readonly file: string;
}

const pages = filesOf('.', '.md').flatMap((file) => blocksOf(file, textOf(file)));
const sources = filesOf('packages', '.ts', ['*/src/**/*']).map(
  (file) => [file, comments(textOf(file))] as const,
);
const examples = sources.flatMap(([file, text]) => blocksOf(file, text));
const blocks = [...pages, ...examples];

function filesOf(folder: string, extension: string, include?: string[]): string[] {
  return ts.sys
    .readDirectory(join(ROOT, folder), [extension], ['**/node_modules', '**/dist', 'docs/api'], include)
    .map((file) => relative(ROOT, file))
    .sort();
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The text of a source file with its doc comments as pages are: without the asterisks, line for line. */
function comments(source: string): string {
  return source.replaceAll(/^ *\* ?/gm, '');
}

function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    const [, name = `line-${line}.ts`] = /^\/\/ (\w+\.ts)$/m.exec(code) ?? [];
    return {
      name: `${page}:${line}`,
      // Every block is a module, whatever it imports.
      code: `${code}\nexport {};\n`,
      file: join(HERE, page.replaceAll(/\W/g, '-'), name),
    };
  });
}

/** The errors of each block, by its file: `2: Cannot find name 'sink'.` */
function compile(): Map<string, string[]> {
  const sources = new Map(blocks.map(({ file, code }) => [file, code]));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile);
  const { options: base } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  // Pages import their files as `./counters.ts`, which Node runs as it is, and `tsc` rewrites.
  const options = { ...base, allowImportingTsExtensions: true };
  const host = ts.createCompilerHost(options);
  const { directoryExists, fileExists, readFile } = host;
  const folders = new Set([...sources.keys()].map(dirname));
  host.directoryExists = (folder) => folders.has(folder) || directoryExists?.(folder) === true;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  const program = ts.createProgram([...sources.keys(), join(HERE, 'names.d.ts')], options, host);
  const errors = new Map<string, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file?.fileName ?? '';
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    const text = `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    errors.set(name, [...(errors.get(name) ?? []), text]);
  }
  return errors;
}

describe('the code in README, docs and doc comments compiles against the built packages', () => {
  let errors: Map<string, string[]>;
  beforeAll(() => {
    errors = compile();
  });

  test('and there is code', () => {
    expect(pages.length).toBeGreaterThan(15);
    expect(examples.length).toBeGreaterThan(15);
  });

  // Anything else would not be compiled.
  test.each(sources.filter(([, text]) => text.includes('@example')))(
    'and each example in %s is a block of it',
    (_, text) => {
      for (const [, next] of text.matchAll(/@example(?: .*)?\n(.*)/g)) expect(next).toBe('```ts');
    },
  );

  test('as do the names that it leaves to the reader', () => {
    const others = [...errors.keys()].filter((file) => !blocks.some((block) => block.file === file));
    expect(others.map((file) => [relative(ROOT, file), errors.get(file)])).toEqual([]);
  });

  // A line that says "does not compile" must not.
  test.each(blocks.map(({ name, file, code }) => [name, file, code] as const))('%s', (_, file, code) => {
    const wrong = code
      .split('\n')
      .flatMap((line, i) => (line.includes('// does not compile') ? [i + 1] : []));
    const found = errors.get(file) ?? [];
    const lineOf = (error: string): number => Number.parseInt(error, 10);
    expect(found.filter((error) => !wrong.includes(lineOf(error)))).toEqual([]);
    expect(wrong.filter((line) => !found.some((error) => lineOf(error) === line))).toEqual([]);
  });
});
