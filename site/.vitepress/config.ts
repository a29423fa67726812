import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { sidebar } from './navigation.js';
import { repositoryLinks } from './repository-links.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = `${root}docs`;
// Where it is built, GitHub's workflows say what the repository is called, and below which path the site is.
const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, SITE_BASE } = process.env;
const repository = GITHUB_REPOSITORY === undefined ? undefined : `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;

export default defineConfig({
  title: 'Sluice',
  description: 'A write-behind buffer for increments: a thousand incr calls become one UPDATE',
  base: `${SITE_BASE ?? ''}/`,
  srcDir: docs,
  outDir: `${root}.cache/site`,
  cacheDir: `${root}.cache/vitepress`,
  // On GitHub a folder shows its README.
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  lastUpdated: true,
  markdown: {
    // The same anchors as on GitHub.
    anchor: { slugify: slug },
    config: (md) => repositoryLinks(md, root, repository),
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'In production', link: '/production' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [...sidebar(docs), { text: 'API', collapsed: true, items: reference() }],
    outline: [2, 3],
    search: { provider: 'local' },
    ...(repository && { socialLinks: [{ icon: 'github', link: repository }] }),
  },
});

/** The pages on the API, once they are written. */
function reference(): DefaultTheme.SidebarItem[] {
  const file = `${docs}/api/typedoc-sidebar.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}
