import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import type { Edit } from './guards.js';

/**
 * Edits sources while they are bundled; the files stay as they are. A bundle fails when an edit finds nothing: the code
 * has changed, and the edit must follow.
 */
export function removeGuard(edits: readonly Edit[]): Plugin {
  const unused = new Set(edits);
  return {
    name: 'remove-guard',
    setup({ onLoad, onEnd }) {
      if (edits.length === 0) return;
      onLoad({ filter: /\.(ts|lua)$/ }, async ({ path }) => {
        const here = edits.filter(({ file }) => path.endsWith(file));
        if (here.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const edit of here) {
          if (!edit.find.test(contents)) continue;
          contents = contents.replace(edit.find, edit.replace);
          unused.delete(edit);
        }
        return { contents, loader: path.endsWith('.lua') ? 'text' : 'ts' };
      });
      onEnd(() => ({
        errors: [...unused].map(({ file, find }) => ({ text: `No code in ${file} matches ${find}.` })),
      }));
    },
  };
}
