import { statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runQuietly } from './run.mjs';

const folder = join(root, 'examples/sql/prisma');

/** Generates what the example on Prisma imports, if it is missing or older than its schema. */
export async function generateExamples() {
  const generatedAt = modifiedAt('generated/client.ts');
  if (['schema.prisma', 'generate.cjs'].every((file) => modifiedAt(file) < generatedAt)) return;
  console.log("Generating the example's Prisma client …");
  await runQuietly('node', [join(folder, 'generate.cjs')]);
}

/** @param {string} file */
function modifiedAt(file) {
  return statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
