import { type Kysely, sql } from 'kysely';
import { IS_COMPARED } from '../dialects/rules.js';
import type { Layout } from '../plan/layout.js';
import type { Model } from '../plan/model.js';
import { listed, quote } from '../plan/unmapped.js';
import type { Catalogue, ColumnInfo, Right, TableInfo } from './catalogue.js';

/** Why no batch can be applied, and what to do. */
export interface Fault {
  /** `name`: a table or a column is not there, `required`: no new row is taken. */
  readonly kind: 'ledger' | 'rights' | 'name' | 'required' | 'table';
  readonly text: string;
}

/** What statements do to a table, as far as that is known. */
export interface Demand {
  /** Whose table it is, for messages. */
  readonly owner: string;
  /** The option that names a part of it, for messages. */
  option(part: 'table' | Use['part']): string;
  readonly table: readonly string[];
  readonly mode: 'upsert' | 'update';
  /** The key columns; `undefined` when any filter is one. */
  readonly keys: readonly string[] | undefined;
  readonly uses: readonly Use[];
  /** Whether an insert names no other columns than those. */
  readonly isComplete: boolean;
  readonly rights: readonly Right[];
}

interface Use {
  readonly column: string;
  readonly part: 'keys' | 'columns' | 'extra' | 'onInsert';
  readonly isCompared?: boolean;
  /** Of a sum that the model lists: how many digits it has after the point. */
  readonly scale?: number;
}

/** What a model demands of its table, by the names that it lists. */
export function demandOf(model: Model): Demand {
  const keys = model.keys === undefined ? undefined : [...model.keys.values()];
  const uses: Use[] = [
    ...(keys ?? []).map((column): Use => ({ column, part: 'keys' })),
    ...[...(model.columns?.values() ?? [])].map(
      ({ column, scale }): Use => ({ column, part: 'columns', scale }),
    ),
    ...[...(model.extra?.values() ?? [])].map((column): Use => ({ column, part: 'extra' })),
  ];
  if (model.mode === 'upsert') {
    for (const column of model.onInsert.keys()) uses.push({ column, part: 'onInsert' });
  }
  const isComplete = [model.keys, model.columns, model.extra].every((names) => names !== undefined);
  return {
    owner: `Model ${quote(model.name)}`,
    option: (part) => `models.${model.name}.${part}`,
    table: model.table,
    mode: model.mode,
    keys,
    uses,
    isComplete,
    rights: model.mode === 'upsert' ? ['select', 'insert', 'update'] : ['select', 'update'],
  };
}

/** The same, with the names that entries had. */
export function demandOfLayout(layout: Layout): Demand {
  const demand = demandOf(layout.model);
  const named = usesOf(layout);
  const columns = new Set(named.map(({ column }) => column));
  const others = demand.uses.filter(({ column }) => !columns.has(column));
  return { ...demand, keys: layout.keys, uses: [...named, ...others] };
}

/** The same, without what the entries at hand do not name. */
export function demandOfEntries(layout: Layout): Demand {
  const demand = demandOf(layout.model);
  const given = demand.uses.filter(({ part }) => part === 'onInsert');
  return { ...demand, keys: layout.keys, uses: [...usesOf(layout), ...given] };
}

function usesOf({ model, keys, fields }: Layout): Use[] {
  return [
    ...keys.map((column): Use => ({ column, part: 'keys' })),
    ...fields.map(
      (field): Use =>
        field.rule === 'sum'
          ? {
              column: field.column,
              part: 'columns',
              ...(model.columns !== undefined && { scale: field.scale }),
            }
          : { column: field.column, part: 'extra', isCompared: IS_COMPARED[field.rule] },
    ),
  ];
}

/** What is done to the ledger. */
export function demandOfLedger(ledger: readonly string[]): Demand {
  return {
    owner: 'The ledger',
    option: () => 'ledger',
    table: ledger,
    mode: 'upsert',
    keys: ['id'],
    uses: [
      { column: 'id', part: 'keys' },
      { column: 'partition_id', part: 'columns' },
      { column: 'applied_at', part: 'extra', isCompared: true },
      { column: 'outcome', part: 'extra' },
    ],
    isComplete: true,
    rights: ['select', 'insert', 'update', 'delete'],
  };
}

/** Compares a table with what is demanded of it. */
export async function faultsOf(
  demand: Demand,
  info: TableInfo | undefined,
  language: Language,
): Promise<Fault[]> {
  if (info === undefined) return [await missing(demand, language)];
  if (!info.isWritable(demand.mode)) return [unwritable(demand)];
  return [
    ...rights(demand, info),
    ...columnRights(demand, info, language),
    ...columns(demand, info, language),
    ...required(demand, info, language),
    ...silentFaultsOf(demand, info, language),
  ];
}

/** Faults that some databases let pass: a second row is inserted, or what is rolled back stays. */
export function silentFaultsOf(demand: Demand, info: TableInfo, language: Language): Fault[] {
  if (!info.isWritable(demand.mode)) return [unwritable(demand)];
  return [
    ...engine(demand, info, language),
    ...rounded(demand, info, language),
    ...index(demand, info, language),
  ].map((text) => table(demand, text));
}

function unwritable(demand: Demand): Fault {
  const changes = demand.mode === 'upsert' ? 'upserts' : 'updates';
  return table(
    demand,
    `it is a view that takes no ${changes}; name the table behind it in \`${demand.option('table')}\`.`,
  );
}

/** How the database names things. */
export interface Language {
  readonly db: Kysely<unknown>;
  readonly catalogue: Catalogue;
}

function table(demand: Demand, problem: string): Fault {
  return { kind: 'table', text: at(demand, problem) };
}

function at({ owner, table }: Demand, problem: string): string {
  return `${owner}, table ${quote(table.join('.'))}: ${problem}`;
}

async function missing({ owner, option, table }: Demand, { db, catalogue }: Language): Promise<Fault> {
  const name = quote(table.join('.'));
  const hidden = catalogue.hidesTables ? ', or no right to it' : '';
  if (option('table') === 'ledger') {
    return {
      kind: 'ledger',
      text: `There is no ledger ${name}${hidden}: call \`sink.migrate()\`, or \`migrateLedger(db)\` in a migration.`,
    };
  }
  const there = nearestFirst(table.at(-1) ?? '', await catalogue.tablesBeside(db, table));
  return {
    kind: 'name',
    text: `${owner}: there is no table ${name}${hidden}: create it, or correct \`${option('table')}\`; there are ${listed(there)}.`,
  };
}

/** The names that begin most like `name` come first: a message shows only some of them. */
function nearestFirst(name: string, others: readonly string[]): string[] {
  const likeness = (other: string): number => {
    let shared = 0;
    while (shared < other.length && other[shared] === name[shared]) shared += 1;
    return shared;
  };
  return [...others].sort((a, b) => likeness(b) - likeness(a));
}

function rights(demand: Demand, { lacking }: TableInfo): Fault[] {
  const rights = demand.rights.filter((right) => lacking?.rights.includes(right));
  if (lacking === undefined || rights.length === 0) return [];
  const list = rights.join(', ');
  const problem = `the user ${quote(lacking.user)} lacks the right to ${list}: grant ${list} on it, and usage of its schema.`;
  return [{ kind: 'rights', text: at(demand, problem) }];
}

/** Rights may be granted column by column, and a default may draw from a sequence that needs one, too. */
function columnRights(demand: Demand, info: TableInfo, { catalogue }: Language): Fault[] {
  const { uses, mode } = demand;
  const user = quote(info.lacking?.user ?? '');
  const missing = info.columns.flatMap(({ name, lacking = [], closedSequence }) => {
    const use = uses.find(({ column }) => catalogue.isSameName(name, column));
    if (use !== undefined) {
      const rights = rightsTo(use, mode).filter(
        (right) => lacking.includes(right) && !info.lacking?.rights.includes(right),
      );
      return rights.map((right) => [right, `the column ${quote(name)}`]);
    }
    return closedSequence && mode === 'upsert' ? [['use', `the sequence ${quote(closedSequence)}`]] : [];
  });
  return missing.map(([right, what]) => {
    const grant = right === 'use' ? 'usage' : right;
    return {
      kind: 'rights',
      text: at(demand, `the user ${user} lacks the right to ${right} ${what}: grant ${grant} on it.`),
    };
  });
}

function rightsTo({ part }: Use, mode: Demand['mode']): readonly Right[] {
  if (part === 'onInsert') return ['insert'];
  const read: readonly Right[] = mode === 'upsert' ? ['select', 'insert'] : ['select'];
  return part === 'keys' ? read : [...read, 'update'];
}

function engine(
  { table }: Demand,
  { engineWithoutTransactions: name }: TableInfo,
  { db }: Language,
): string[] {
  if (name === undefined) return [];
  const id = sql`${sql.id(...table)}`.compile(db).sql;
  return [`its engine ${name} has no transactions; run: alter table ${id} engine = InnoDB`];
}

function columns(demand: Demand, info: TableInfo, { catalogue }: Language): Fault[] {
  const { uses, mode, option } = demand;
  const there = listed(info.columns.map(({ name }) => name));
  const fault = (text: string): Fault[] => [table(demand, text)];
  return uses.flatMap(({ column, part, isCompared, scale }) => {
    const found = info.columns.find(({ name }) => catalogue.isSameName(name, column));
    const subject = `the column ${quote(column)}`;
    if (found === undefined) {
      const problem = `there is no column ${quote(column)}: add it, or correct \`${option(part)}\`; there are ${there}.`;
      return [{ kind: 'name', text: at(demand, problem) }];
    }
    const isWritten = part !== 'keys' || mode === 'upsert';
    if (found.isGenerated && isWritten)
      return fault(`${subject} is computed by the database: map another one.`);
    const isRounded = scale !== undefined && found.decimals < scale;
    if (part === 'columns' && !scale && !found.takesSums && !isRounded) return fault(noSums(found));
    if (part === 'keys' && !found.hasOrder)
      return fault(`${subject} (${found.type}) cannot be compared with a filter: map another one.`);
    if (isCompared && !found.hasOrder) {
      return fault(`${subject} (${found.type}) has no order, which max() and min() need: change its type.`);
    }
    return [];
  });
}

/** Columns that would round sums without a word. */
function rounded({ uses }: Demand, info: TableInfo, { catalogue }: Language): string[] {
  return uses.flatMap(({ column, scale }) => {
    const found = info.columns.find(({ name }) => catalogue.isSameName(name, column));
    if (scale === undefined || found === undefined || found.decimals >= scale) return [];
    if (scale === 0) return [noSums(found)];
    return [
      `the column ${quote(column)} (${found.type}) does not keep ${scale} digits after the point: make it ${catalogue.decimalType(scale)}.`,
    ];
  });
}

function noSums({ name, type }: ColumnInfo): string {
  return `the column ${quote(name)} (${type}) takes no sums: make it a number, such as bigint.`;
}

/** Whether a table has all columns that are named. */
export function hasColumns({ uses }: Demand, info: TableInfo, { catalogue }: Language): boolean {
  return uses.every(({ column }) => info.columns.some(({ name }) => catalogue.isSameName(name, column)));
}

/** Columns that every insert must name and none does. */
export function unnamed({ mode, uses, isComplete }: Demand, info: TableInfo, catalogue: Catalogue): string[] {
  if (mode === 'update' || !isComplete) return [];
  const isNamed = (name: string): boolean => uses.some(({ column }) => catalogue.isSameName(name, column));
  return info.columns.filter(({ name, isRequired }) => isRequired && !isNamed(name)).map(({ name }) => name);
}

function required(demand: Demand, info: TableInfo, { catalogue }: Language): Fault[] {
  return unnamed(demand, info, catalogue).map((name) => {
    const problem = `the column ${quote(name)} is NOT NULL, has no default and is not mapped: give it a default, or map it.`;
    return { kind: 'required', text: at(demand, problem) };
  });
}

function index({ mode, keys, table }: Demand, info: TableInfo, { db, catalogue }: Language): string[] {
  const { uniques } = info;
  if (mode === 'update' || uniques === undefined || keys?.length === 0) return [];
  if (keys === undefined) {
    if (uniques.length > 0) return [];
    return ['it has no unique index, and an upsert needs one on exactly the key columns: create it.'];
  }
  const has = (names: readonly string[], key: string): boolean =>
    names.some((name) => catalogue.isSameName(name, key));
  const names = info.columns.map(({ name }) => name);
  // A column that is missing is a fault by itself.
  if (!keys.every((key) => has(names, key))) return [];
  if (uniques.some(({ columns }) => columns.every((column) => has(keys, column)))) return [];
  const { sql } = catalogue.createUnique(table, keys).compile(db);
  return [`there is no unique index on exactly the key columns; run: ${sql}`];
}
