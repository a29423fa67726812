import { type Kysely, sql } from 'kysely';
import type { Catalogue, ColumnInfo, Right, TableInfo } from './dialects/catalogue.js';
import type { Layout } from './layout.js';
import type { Model } from './options.js';
import { listed, quote } from './unmapped.js';

/** Why no batch can be applied, and what to do. */
export interface Fault {
  readonly kind: 'ledger' | 'rights' | 'table';
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

export interface Use {
  readonly column: string;
  readonly part: 'keys' | 'columns' | 'extra';
  readonly isCompared?: boolean;
}

/** What a model demands of its table, by the names that it lists. */
export function demandOf(model: Model): Demand {
  const keys = model.keys === undefined ? undefined : [...model.keys.values()];
  const uses = (['keys', 'columns', 'extra'] as const).flatMap((part) =>
    [...(model[part]?.values() ?? [])].map((column): Use => ({ column, part })),
  );
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
export function demandOfLayout({ model, keys, fields }: Layout): Demand {
  const demand = demandOf(model);
  const named: Use[] = [
    ...keys.map((column): Use => ({ column, part: 'keys' })),
    ...fields.map(({ column, rule }): Use => {
      return {
        column,
        part: rule === 'sum' ? 'columns' : 'extra',
        isCompared: rule === 'max' || rule === 'min',
      };
    }),
  ];
  const columns = new Set(named.map(({ column }) => column));
  return { ...demand, keys, uses: [...named, ...demand.uses.filter(({ column }) => !columns.has(column))] };
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

/** Looks a table up and compares it with what is demanded. */
export async function faultsOf(db: Kysely<unknown>, catalogue: Catalogue, demand: Demand): Promise<Fault[]> {
  const info = await catalogue.describe(db, demand.table);
  if (info === undefined) return [missing(demand)];
  const name = quote(demand.table.join('.'));
  const at = (problem: string): string => `${demand.owner}, table ${name}: ${problem}`;
  if (!info.isWritable(demand.mode)) {
    const problem = `a view that takes no ${demand.mode === 'upsert' ? 'upserts' : 'updates'}`;
    return [table(at(`it is ${problem}; name the table behind it in \`${demand.option('table')}\`.`))];
  }
  return [
    ...rights(info, demand).map((text): Fault => ({ kind: 'rights', text: at(text) })),
    ...[
      ...engine(info, db, demand),
      ...columns(info, demand, catalogue),
      ...unnamed(info, demand, catalogue),
      ...index(info, db, demand, catalogue),
    ].map((text) => table(at(text))),
  ];
}

/**
 * Faults that the database does not complain of: a second row is inserted, or a batch that is rolled back stays.
 * `undefined` if there is no table.
 */
export async function silentFaultsOf(
  db: Kysely<unknown>,
  catalogue: Catalogue,
  demand: Demand,
): Promise<Fault[] | undefined> {
  const info = await catalogue.describe(db, demand.table);
  if (info === undefined) return undefined;
  const at = `${demand.owner}, table ${quote(demand.table.join('.'))}: `;
  return [...engine(info, db, demand), ...index(info, db, demand, catalogue)].map((text) => table(at + text));
}

function table(text: string): Fault {
  return { kind: 'table', text };
}

function missing({ owner, option, table: parts }: Demand): Fault {
  const name = quote(parts.join('.'));
  if (option('table') === 'ledger') {
    return {
      kind: 'ledger',
      text: `There is no ledger ${name}: call \`sink.migrate()\`, or \`migrateLedger(db)\` in a migration.`,
    };
  }
  return table(`${owner}: there is no table ${name}: create it, or correct \`${option('table')}\`.`);
}

function rights({ lacking }: TableInfo, demand: Demand): string[] {
  const rights = demand.rights.filter((right) => lacking?.rights.includes(right));
  if (lacking === undefined || rights.length === 0) return [];
  const list = rights.join(', ');
  return [
    `the user ${quote(lacking.user)} lacks the right to ${list}: grant ${list} on it, and usage of its schema.`,
  ];
}

function engine(
  { engineWithoutTransactions: name }: TableInfo,
  db: Kysely<unknown>,
  demand: Demand,
): string[] {
  if (name === undefined) return [];
  const id = identifier(db, demand.table);
  return [`its engine ${name} has no transactions; run: alter table ${id} engine = InnoDB`];
}

function columns(info: TableInfo, { uses, mode, option }: Demand, { isSameName }: Catalogue): string[] {
  return uses.flatMap(({ column, part, isCompared }) => {
    const found = info.columns.find(({ name }) => isSameName(name, column));
    const subject = `the column ${quote(column)}`;
    if (found === undefined) {
      const there = listed(info.columns.map(({ name }) => name));
      return [
        `there is no column ${quote(column)}: add it, or correct \`${option(part)}\`; there are ${there}.`,
      ];
    }
    const isWritten = part !== 'keys' || mode === 'upsert';
    if (found.isGenerated && isWritten) return [`${subject} is computed by the database: map another one.`];
    if (part === 'columns' && !found.takesSums) {
      return [`${subject} (${found.type}) takes no sums: make it a number, such as bigint.`];
    }
    if (isCompared && !found.hasOrder) {
      return [`${subject} (${found.type}) has no order, which max() and min() need: change its type.`];
    }
    return [];
  });
}

/** An insert that leaves out a column without a default fails, also for a row that exists. */
function unnamed(info: TableInfo, { mode, uses, isComplete }: Demand, { isSameName }: Catalogue): string[] {
  if (mode === 'update' || !isComplete) return [];
  const isUnnamed = ({ name, isRequired }: ColumnInfo): boolean =>
    isRequired && !uses.some(({ column }) => isSameName(name, column));
  return info.columns.filter(isUnnamed).map(({ name }) => {
    return `the column ${quote(name)} is NOT NULL, has no default and is not mapped: give it a default, or map it.`;
  });
}

function index(info: TableInfo, db: Kysely<unknown>, demand: Demand, catalogue: Catalogue): string[] {
  const { mode, keys, table: parts } = demand;
  if (mode === 'update' || info.uniques === undefined || keys?.length === 0) return [];
  if (keys === undefined) {
    if (info.uniques.length > 0) return [];
    return ['it has no unique index, and an upsert needs one on exactly the key columns: create it.'];
  }
  const has = (name: string, names: readonly string[]): boolean =>
    names.some((other) => catalogue.isSameName(other, name));
  // What is missing is said of the column.
  if (!keys.every((key) => info.columns.some(({ name }) => catalogue.isSameName(name, key)))) return [];
  const fits = info.uniques.some(
    (unique) => unique.length === keys.length && keys.every((key) => has(key, unique)),
  );
  if (fits) return [];
  const { sql } = catalogue.createUnique(parts, keys).compile(db);
  return [`there is no unique index on exactly the key columns; run: ${sql}`];
}

function identifier(db: Kysely<unknown>, parts: readonly string[]): string {
  return sql`${sql.id(...parts)}`.compile(db).sql;
}
