import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { runQuietly } from './run.mjs';

/** @typedef {{ name: string, types: string, code: string, load: 'import' | 'require' }} Entry one way into a package */

/**
 * Compares what packages promise in their types with what they are: values that the types name must be there, all
 * others must not, and what an interface refers to can be made by a user's test.
 * @param {readonly string[]} folders of built packages
 * @throws Error that lists the faults
 */
export async function checkExports(folders) {
  const entries = folders.flatMap(entriesOf);
  const program = ts.createProgram(
    entries.map(({ types }) => types),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      noEmit: true,
      skipLibCheck: true,
    },
  );
  const checker = program.getTypeChecker();
  /** @type {(declaration: ts.Declaration) => boolean} */
  const isOurs = (declaration) =>
    folders.some((folder) => !relative(folder, declaration.getSourceFile().fileName).startsWith('..'));
  const faults = await Promise.all(
    entries.map(async (entry) => {
      const source = program.getSourceFile(entry.types);
      if (source === undefined) return [`${entry.name}: ${entry.types} is missing`];
      return [
        ...difference(entry, valuesOf(checker, source), await exportsOf(entry)),
        ...privateFaults(checker, source, isOurs).map((fault) => `${entry.name}, ${entry.load}: ${fault}`),
      ];
    }),
  );
  if (faults.flat().length > 0) throw new Error(faults.flat().join('\n'));
}

/**
 * @param {string} folder
 * @returns {Entry[]}
 */
function entriesOf(folder) {
  /** @type {{ name: string, exports: Record<string, string | Record<Entry['load'], { types: string, default: string }>> }} */
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : /** @type {const} */ (['import', 'require']).map((load) => ({
          name: name + path.slice(1),
          types: join(folder, target[load].types),
          code: join(folder, target[load].default),
          load,
        })),
  );
}

/**
 * @param {Entry} entry
 * @param {readonly string[]} promised
 * @param {readonly string[]} present
 */
function difference({ name, load }, promised, present) {
  const absent = promised.filter((value) => !present.includes(value));
  const untyped = present.filter((value) => !promised.includes(value));
  return [
    ...absent.map((value) => `${name}, ${load}: the types name a value ${value}, which is undefined`),
    ...untyped.map((value) => `${name}, ${load}: the value ${value} is missing in the types`),
  ];
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.SourceFile} source
 */
function valuesOf(checker, source) {
  const module = checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${source.fileName} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => !symbol.declarations?.some(isTypeOnly))
    .filter((symbol) => (aliased(checker, symbol).flags & ts.SymbolFlags.Value) !== 0)
    .map(({ name }) => name);
}

/** @param {ts.Declaration} declaration */
function isTypeOnly(declaration) {
  return (
    ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly)
  );
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} symbol
 */
function aliased(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/**
 * @param {Entry} entry
 * @returns {Promise<string[]>}
 */
async function exportsOf({ code, load }) {
  const module =
    load === 'import'
      ? `await import(${JSON.stringify(pathToFileURL(code).href)})`
      : `require(${JSON.stringify(code)})`;
  const type = load === 'import' ? 'module' : 'commonjs';
  const script = `console.log(JSON.stringify(Object.keys(${module})))`;
  return JSON.parse(await runQuietly(process.execPath, [`--input-type=${type}`, '-e', script]));
}

/**
 * Interfaces that refer to a class with private members: nothing but that class is assignable to it, so a user's test
 * cannot replace it with another object.
 * @param {ts.TypeChecker} checker
 * @param {ts.SourceFile} source
 * @param {(declaration: ts.Declaration) => boolean} isOurs
 */
function privateFaults(checker, source, isOurs) {
  /** @type {string[]} */
  const faults = [];
  /** @type {(node: ts.Node, owner: string) => void} */
  const visit = (node, owner) => {
    if (ts.isTypeReferenceNode(node)) {
      const symbol = checker.getSymbolAtLocation(node.typeName);
      const type = symbol && aliased(checker, symbol);
      if (type?.declarations?.some((declaration) => isOurs(declaration) && hasPrivate(declaration)))
        faults.push(`the interface ${owner} refers to the class ${type.name}, which has private members`);
    }
    ts.forEachChild(node, (child) => visit(child, owner));
  };
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      visit(statement, statement.name.text);
  }
  return faults;
}

/** @param {ts.Declaration} declaration */
function hasPrivate(declaration) {
  return (
    ts.isClassDeclaration(declaration) &&
    declaration.members.some(
      (member) =>
        (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
        (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0,
    )
  );
}
