import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Imports Lua files as text, as the build does. Node runs hooks on a thread of their own.
if (isMainThread) register(import.meta.url);

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.endsWith('.lua')) return next(url, context);
  const source = `export default ${JSON.stringify(await readFile(new URL(url), 'utf8'))}`;
  return { format: 'module', source, shortCircuit: true };
}
