import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

// Run in a package, after its build. To the compiler, a class with private members or a unique symbol is another one in
// each file that declares it: with two full declarations, a buffer of an ESM program would not fit a CommonJS library.
for (const file of readdirSync('dist')) if (file.endsWith('.d.ts')) rmSync(`dist/${file}`);
/** @type {{ exports: Record<string, { import?: { types: string } }> }} */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const { import: esm } of Object.values(exports)) {
  if (esm === undefined) continue;
  const name = esm.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1');
  writeFileSync(esm.types, `export * from './${name}.cjs';\n`);
}
