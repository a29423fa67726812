import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ENTRY = fileURLToPath(new URL('src/page/main.ts', import.meta.url));

/** Whether a module is imported as what a browser gets of it. */
export function isPageBundle(id: string): boolean {
  return id.endsWith('?bundle');
}

/** Bundles what runs in the browser; returns a module that exports it as text. */
export async function pageModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    outdir: 'page',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022', 'chrome108', 'firefox110', 'safari16'],
  });
  const text = (ending: string): string => {
    const file = outputFiles.find(({ path }) => path.endsWith(ending));
    if (file === undefined) throw new Error(`The page has no ${ending}`);
    return file.text;
  };
  const [script, style] = [text('.js'), text('.css')];
  const tag = createHash('sha256').update(script).update(style).digest('hex').slice(0, 16);
  return Object.entries({ script, style, tag })
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
    .join('');
}

/** For tsup: takes the page into the server's build, so that no bundler of a user has to find a file. */
export const pagePlugin: Plugin = {
  name: 'page',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\?bundle$/ }, ({ path }) => ({ path, namespace: 'page' }));
    onLoad({ filter: /.*/, namespace: 'page' }, async () => ({ contents: await pageModule(), loader: 'js' }));
  },
};
