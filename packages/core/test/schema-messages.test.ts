import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const FILE = join(HERE, 'user.ts');
const PREAMBLE = `
import { type Backend, type Buffer, createBuffer } from '@sluice/core';
declare const backend: Backend;
declare const buffer: Buffer<{
  Page: { columns: 'views' | 'likes'; filters: { path: string }; extra: { title: string } };
}>;
`;

let source = '';
let version = 0;
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(HERE, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  HERE,
);
// A file that a user might write, which exists in memory only.
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [FILE],
  getScriptVersion: (name) => (name === FILE ? String(version) : '0'),
  getScriptSnapshot: (name) => {
    const text = name === FILE ? source : ts.sys.readFile(name);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => HERE,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === FILE || ts.sys.fileExists(name),
  readFile: (name) => (name === FILE ? source : ts.sys.readFile(name)),
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
});

function open(code: string): void {
  source = PREAMBLE + code;
  version += 1;
}

/** What the compiler says of a line of code. */
function messages(code: string): string {
  open(code);
  return service
    .getSemanticDiagnostics(FILE)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    .join('\n');
}

/** What an editor proposes where `|` stands. */
function completions(code: string): string[] {
  open(code.replace('|', ''));
  const proposed = service.getCompletionsAtPosition(FILE, PREAMBLE.length + code.indexOf('|'), {});
  return (proposed?.entries ?? []).map(({ name }) => name.replaceAll('"', ''));
}

const create = (page: string): string =>
  `createBuffer<{ Page: { ${page} }; User: { columns: 'logins'; filters: { id: number } } }>({ backend });`;

describe('what the compiler says of a schema', () => {
  test.each([
    ['a misspelt "columns"', "colums: 'views'; filters: { path: string }", "Property 'columns' is missing"],
    ['a misspelt "filters"', "columns: 'views'; filter: { path: string }", "Property 'filters' is missing"],
    [
      'a misspelt "extra"',
      "columns: 'views'; filters: { path: string }; extras: { title: string }",
      '"A model has columns, filters and extra, but no extras"',
    ],
    [
      'columns that are no names',
      'columns: number; filters: { path: string }',
      "'number' is not assignable to type 'string'",
    ],
    ['a filter that is no scalar', "columns: 'v'; filters: { path: { a: 1 } }", 'filters.path'],
    ['an extra that JSON lacks', "columns: 'v'; filters: {}; extra: { run: () => void }", 'extra.run'],
  ])('with %s names the model and the key', (_, page, expected) => {
    const said = messages(create(page));
    expect(said).toContain("Types of property 'Page' are incompatible");
    expect(said).not.toContain("Types of property 'User' are incompatible");
    expect(said).toContain(expected);
  });

  test('that is right is nothing', () => {
    expect(messages(create("columns: 'views'; filters: { path: string }"))).toBe('');
  });
});

describe('an unknown name is an error that lists the names there are', () => {
  test.each([
    ['model', "void buffer.incr('Pages', { views: 1 }, { path: '' });", '"Page"'],
    ['column', "void buffer.incr('Page', { clicks: 1 }, { path: '' });", '"views" | "likes"'],
    ['column to get', "void buffer.get('Page', ['clicks'], { path: '' });", '"views" | "likes"'],
    ['filter', "void buffer.incr('Page', { views: 1 }, { pat: '' });", 'path: string'],
    ['extra', "void buffer.incr('Page', { views: 1 }, { path: '' }, { titel: '' });", 'title?: string'],
  ])('%s', (_, code, names) => {
    expect(messages(code)).toContain(names);
  });
});

describe('an editor completes', () => {
  test.each([
    ['models', "buffer.incr('|')", ['Page']],
    ['columns', "buffer.incr('Page', { | })", ['views', 'likes']],
    ['columns to get', "buffer.get('Page', ['|'])", ['views', 'likes']],
    ['filters', "buffer.incr('Page', {}, { | })", ['path']],
    ['extra', "buffer.incr('Page', {}, { path: '' }, { | })", ['title']],
  ])('%s', (_, code, names) => {
    expect(completions(code)).toEqual(expect.arrayContaining(names));
  });
});
