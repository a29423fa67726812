import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../plan/groups.js';
import type { Field } from '../../plan/layout.js';
import type { Row } from '../../plan/row.js';
import type { ColumnInfo, TableInfo } from '../../setup/catalogue.js';
import type { Match, Upsert } from '../dialect.js';
import { RULES, rankedBy } from '../rules.js';

type Sql = RawBuilder<unknown>;

/** An identifier or value never becomes text of a statement: `sql.id` quotes the one, a parameter carries the other. */
const id = (...parts: readonly string[]): Sql => sql.id(...parts);

/** Locks the rows of a group in key order, as an update of them would, and says which entry is for which. */
export function findRows(group: Group, table: TableInfo | undefined): RawBuilder<Match> {
  const { model, keys } = group[0].layout;
  return sql`
    select
      (${id('u', 'ord')} - 1)::integer as ${id('ord')},
      row(${sql.join(keys.map((key) => id('t', key)))})::text as ${id('found')}
    from ${source(group, keysOf(group, table))}
    join ${id(...model.table)} as ${id('t')} on ${matches(group, table)}
    order by ${id('u', 'ord')}
    ${table?.isLockable === false ? sql`` : sql`for no key update of ${id('t')}`}
  `;
}

/** Changes rows, of which each matches one entry at most. */
export function updateRows(group: Group, table: TableInfo | undefined): Sql {
  return sql`
    update ${id(...group[0].layout.model.table)} as ${id('t')}
    set ${changesOf(group, table)}
    from ${source(group, [...keysOf(group, table), ...valuesOf(group, table)])}
    where ${matches(group, table)}
  `;
}

export function insertRows(group: Group, table: TableInfo | undefined): Sql {
  return sql`
    insert into ${id(...group[0].layout.model.table)} (${columnsOf(group)})
    select ${givenOf(group)}
    from ${source(group, [...keysOf(group, table), ...valuesOf(group, table)])}
  `;
}

/** Changes rows in the order of the entries, and inserts those that are missing, which have more columns. */
export function upsertRows({ group, inserted, table }: Upsert): Sql {
  return sql`
    with
      ${id('u')} as materialized (select * from ${sourceOfUpsert(inserted, table)}),
      ${id('updated')} as (${updateReturning(group, table)})
    ${insertOthers(inserted)}
  `;
}

/** The same, if the statement that enters the batch does so. Its row comes first, and with the others or not at all. */
export function enterAndUpsertRows(entry: Sql, { group, inserted, table }: Upsert): Sql {
  return sql`
    with
      ${id('entered')} as (${entry}),
      ${id('u')} as materialized (
        select *
        from ${sourceOfUpsert(inserted, table)}
        where exists (select from ${id('entered')})
      ),
      ${id('updated')} as (${updateReturning(group, table)}),
      ${id('inserted')} as (${insertOthers(inserted)})
    select id
    from ${id('entered')}
  `;
}

function sourceOfUpsert(inserted: Group, table: TableInfo | undefined): Sql {
  return source(inserted, [...keysOf(inserted, table), ...valuesOf(inserted, table)]);
}

function updateReturning(group: Group, table: TableInfo | undefined): Sql {
  return sql`
    update ${id(...group[0].layout.model.table)} as ${id('t')}
    set ${changesOf(group, table)}
    from ${id('u')}
    where ${matches(group, table)}
    returning ${id('u', 'ord')}
  `;
}

function insertOthers(inserted: Group): Sql {
  return sql`
    insert into ${id(...inserted[0].layout.model.table)} (${columnsOf(inserted)})
    select ${givenOf(inserted)}
    from ${id('u')}
    where ${id('u', 'ord')} not in (select ${id('ord')} from ${id('updated')})
  `;
}

function changesOf(group: Group, table: TableInfo | undefined): Sql {
  const changes = group[0].layout.fields.map((field, i) => {
    const ranked = rankedBy(field).column;
    const info = infoOf(ranked, table);
    const next = RULES[field.rule].next(oldOf(field, table), id('u', `v${i}`), field, {
      value: asRanked(id('u', field.rule === 'companion' ? `w${i}` : `v${i}`), ranked, table),
      old: id('t', ranked),
      operand: (operand) => (info?.isText ? sql`${operand}::text collate "C"` : operand),
      operator: (sign) => (info?.isText ? sign : comparing(sign, info)),
    });
    return sql`${id(field.column)} = ${next}`;
  });
  return sql.join(changes);
}

function columnsOf([{ layout }]: Group): Sql {
  return sql.join([...layout.keys, ...layout.fields.map(({ column }) => column)].map((column) => id(column)));
}

function givenOf([{ layout, keyValues }]: Group): Sql {
  const keys = layout.keys.map((_, i) => (keyValues[i] === null ? sql`null` : id('u', `k${i}`)));
  return sql.join([...keys, ...layout.fields.map((_, i) => id('u', `v${i}`))]);
}

/** NULL equals nothing, and "is not distinct from" uses no index: which keys are NULL is part of a group. */
function matches([{ layout, keyValues }]: Group, table: TableInfo | undefined): Sql {
  const terms = layout.keys.map((key, i) => {
    if (keyValues[i] === null) return sql`${id('t', key)} is null`;
    return sql`${id('t', key)} ${comparing(sql`=`, infoOf(key, table))} ${id('u', `k${i}`)}`;
  });
  return sql.join(terms, sql` and `);
}

function comparing(sign: Sql, info: ColumnInfo | undefined): Sql {
  // The catalogue of the database quotes the name.
  const schema = info?.comparedIn;
  return schema ? sql`operator(${sql.raw(schema)}.${sign})` : sign;
}

/** A column of the values that are sent, of the type as which the database is to read it. */
interface Sender {
  readonly name: string;
  readonly type: string;
  read(row: Row): unknown;
}

/** Keys have the very type of their column, which may round them; a domain of it might refuse NULL. */
function keysOf([{ layout, keyValues }]: Group, table: TableInfo | undefined): Sender[] {
  return layout.keys.map((key, i) => ({
    name: `k${i}`,
    type: (keyValues[i] !== null && infoOf(key, table)?.type) || 'text',
    read: ({ keyValues }: Row) => keyValues[i],
  }));
}

/** What is added may be more than the column holds, and less than its domain allows: only the sum is judged. */
function valuesOf([{ layout }]: Group, table: TableInfo | undefined): Sender[] {
  return layout.fields.flatMap((field, i) => {
    const base = infoOf(field.column, table)?.base ?? 'text';
    const type = field.rule === 'sum' ? addedAs(base, field.min !== undefined) : base;
    const sender = { name: `v${i}`, type, read: ({ values }: Row) => values[i] };
    if (field.rule !== 'companion') return [sender];
    const ranked = infoOf(field.of.column, table)?.base ?? 'text';
    return [sender, { name: `w${i}`, type: ranked, read: ({ cameWith }: Row) => cameWith[i] }];
  });
}

/** A value with the digits that its column would hold. One that is too large for the column may lose all the same. */
function asRanked(value: Sql, column: string, table: TableInfo | undefined): Sql {
  const { base = '', rounded = '' } = infoOf(column, table) ?? {};
  const scale = /^numeric\(\d+,(-?\d+)\)$/.exec(rounded)?.[1];
  if (scale !== undefined) return sql`round(${value}, ${sql.raw(scale)})`;
  return /^(time|interval)/.test(base) ? sql`${value}::${sql.raw(rounded)}` : value;
}

/** A floor is reached from any depth, also from where 64 bits end. */
function addedAs(base: string, hasFloor: boolean): string {
  const type = ADDED_AS.get(base) ?? base;
  return hasFloor && type === 'bigint' ? 'numeric' : type;
}

const ADDED_AS: ReadonlyMap<string, string> = new Map([
  ['smallint', 'bigint'],
  ['integer', 'bigint'],
  ['real', 'double precision'],
  ['money', 'numeric'],
]);

/** What a column is, in the type of what is added to it: nothing but money can be added to money. */
function oldOf({ column, rule }: Field, table: TableInfo | undefined): Sql {
  const isMoney = rule === 'sum' && infoOf(column, table)?.base === 'money';
  return isMoney ? sql`${id('t', column)}::numeric` : id('t', column);
}

function infoOf(column: string, table: TableInfo | undefined): ColumnInfo | undefined {
  return table?.columns.find(({ name }) => name === column);
}

/** The rows of a group as a table `u`, from one parameter of JSON; `ord` counts them from 1. */
function source(group: Group, senders: readonly Sender[]): Sql {
  const rows = group.map((row) => {
    const record: Record<string, unknown> = {};
    for (const { name, read } of senders) record[name] = read(row);
    return record;
  });
  const names = senders.map(({ name }) => id(name));
  // Types come from the catalogue of the database, which quotes them.
  const columns = senders.map(({ type }, i) => sql`${names[i]} ${sql.raw(type)}`);
  return sql`
    rows from (json_to_recordset(${JSON.stringify(rows)}::text::json) as (${sql.join(columns)}))
      with ordinality as ${id('u')}(${sql.join([...names, id('ord')])})
  `;
}
