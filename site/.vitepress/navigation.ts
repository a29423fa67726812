import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';

/** The pages in docs/, by what a reader is at. Those that do not exist are left out. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Start: ['README', 'getting-started', 'first-hour', 'concepts', 'comparison'],
  Guides: [
    'counting',
    'processing',
    'kysely',
    'sql-clients',
    'redis',
    'workers',
    'scaling',
    'unit-testing',
    'mock-redis',
    'own-backend',
  ],
  'In production': [
    'production',
    'deploying',
    'observability',
    'runbooks',
    'board',
    'cli',
    'security',
    'failure-modes',
    'exactness',
  ],
  Reference: ['configuration', 'errors', 'compatibility', 'performance', 'protocol'],
  Contributing: ['contributing/performance'],
};

/** What the sidebar shows. A page that no group names is in the last one: no page is ever out of reach. */
export function sidebar(docs: string): DefaultTheme.SidebarItem[] {
  const named = Object.values(GROUPS).flat();
  const others = pagesOf(docs).filter((page) => !named.includes(page));
  const groups = Object.entries({ ...GROUPS, More: others }).map(([text, pages]) => ({
    text,
    items: pages.filter((page) => existsSync(fileOf(docs, page))).map((page) => itemOf(docs, page)),
  }));
  return groups.filter(({ items }) => items.length > 0);
}

/** The pages in docs/, apart from those that are made of doc comments. */
export function pagesOf(docs: string): string[] {
  return readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('api/'))
    .map((file) => file.replace(/\.md$/, ''))
    .sort();
}

function itemOf(docs: string, page: string): DefaultTheme.SidebarItem {
  if (page === 'README') return { text: 'Overview', link: '/' };
  const [, title = page] = /^# (.*)$/m.exec(readFileSync(fileOf(docs, page), 'utf8')) ?? [];
  return { text: title.replaceAll('`', ''), link: `/${page}` };
}

function fileOf(docs: string, page: string): string {
  return join(docs, `${page}.md`);
}
