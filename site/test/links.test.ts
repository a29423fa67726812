import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger, { slug } from 'github-slugger';
import MarkdownIt from 'markdown-it';
import { expect, test } from 'vitest';
import { pagesOf, sidebar } from '../.vitepress/navigation.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const parser = new MarkdownIt({ html: true });
const pages = filesOf('*.md');
const ruleFiles = filesOf('packages/*/prometheus/*.yml');

function filesOf(pattern: string): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', pattern];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

/** The headings of a page, as GitHub and the site name them. */
function anchorsOf(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const tokens = parser.parse(readFileSync(join(ROOT, page), 'utf8'), {});
  const titles = tokens.flatMap((token, i) =>
    token.type === 'heading_open'
      ? [tokens[i + 1]?.children?.map(({ content }) => content).join('') ?? '']
      : [],
  );
  return new Set(titles.map((title) => slugger.slug(title)));
}

/** Where a page's links and pictures lead. */
function targetsOf(page: string): string[] {
  return parser
    .parse(readFileSync(join(ROOT, page), 'utf8'), {})
    .flatMap(({ children }) => children ?? [])
    .map((token) => token.attrGet('href') ?? token.attrGet('src'))
    .filter((target): target is string => target !== null && !/^[a-z]+:/.test(target));
}

function faultOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) return `${target}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${target}: ${file} has no such heading`;
}

test('there are pages', () => {
  expect(pages.length).toBeGreaterThan(25);
});

test.each(pages)('the links of %s lead somewhere', (page) => {
  expect(targetsOf(page).flatMap((target) => faultOf(page, target) ?? [])).toEqual([]);
});

test.each(ruleFiles)('each alert in %s has a runbook', (file) => {
  const alerts = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/- alert: (\w+)/g)];
  expect(alerts.length).toBeGreaterThan(0);
  const runbooks = anchorsOf('docs/runbooks.md');
  expect(alerts.map(([, name = '']) => name).filter((name) => !runbooks.has(slug(name)))).toEqual([]);
});

test('the sidebar has each page once', () => {
  const docs = join(ROOT, 'docs');
  const links = sidebar(docs).flatMap(({ items }) => items?.map(({ link }) => link) ?? []);
  const expected = pagesOf(docs).map((page) => (page === 'README' ? '/' : `/${page}`));
  expect(links.sort()).toEqual(expected.sort());
});
