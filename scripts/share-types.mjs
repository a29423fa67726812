import { writeFileSync } from 'node:fs';

// Run in a package, after its build. To the compiler, a class with private members or a unique symbol is another one in
// each file that declares it: with two full declarations, a buffer of an ESM program would not fit a CommonJS library.
writeFileSync('dist/index.d.ts', "export * from './index.cjs';\n");
