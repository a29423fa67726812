import { relative, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/**
 * Pages link to sources, as one reads them on GitHub. On the site these links lead to the repository, and are plain text
 * where its address is not known.
 */
export function repositoryLinks(md: MarkdownRenderer, root: string, repository: string | undefined): void {
  md.core.ruler.push('repository-links', ({ env, tokens }) => {
    const open: boolean[] = [];
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === 'link_open') {
        const href = String(token.attrGet('href'));
        const file = relative(root, resolve(env.path, '..', href));
        const leaves = !/^[a-z]+:|^#/.test(href) && !file.startsWith('docs/');
        open.push(leaves);
        if (!leaves) continue;
        if (repository === undefined) Object.assign(token, { tag: 'span', attrs: null });
        else token.attrSet('href', `${repository}/blob/main/${file}`);
      }
      if (token.type === 'link_close' && open.pop() && repository === undefined) token.tag = 'span';
    }
  });
}
