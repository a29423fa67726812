import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Application, TSConfigReader, TypeDocReader } from 'typedoc';
import { build, createServer } from 'vitepress';

// `npm run site` builds the site into .cache/site; with `--dev` it serves docs/ and follows its changes.

const HERE = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({ options: { dev: { type: 'boolean', default: false } } });

await writeReference();
if (values.dev) {
  const server = await createServer(HERE);
  await server.listen();
  server.printUrls();
} else {
  await build(HERE);
}

/** Writes the pages on the API, from the doc comments of the sources. */
async function writeReference(): Promise<void> {
  const readers = [new TypeDocReader(), new TSConfigReader()];
  const app = await Application.bootstrapWithPlugins({ options: `${HERE}typedoc.json` }, readers);
  const project = await app.convert();
  if (project === undefined) throw new Error('The sources do not compile.');
  // packages/core/src/backend.ts is what users import as @sluice/core/backend.
  for (const module of project.children ?? []) module.name = `@sluice/${module.name.replace('/src', '')}`;
  await rm(`${HERE}../docs/api`, { recursive: true, force: true });
  await app.generateOutputs(project);
}
