import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../plan/groups.js';
import type { Field } from '../../plan/layout.js';
import type { Row } from '../../plan/row.js';
import { type ColumnInfo, type TableInfo, uniqueFor } from '../../setup/catalogue.js';
import type { Upsert } from '../dialect.js';
import { RULES } from '../rules.js';
import type { Sent } from '../values.js';
import { mysqlCatalogue } from './catalogue.js';
import { inBytes, infoOf, isText, parameter, rankedAs } from './statements.js';

type Sql = RawBuilder<unknown>;

const id = (...parts: readonly string[]): Sql => sql.id(...parts);

/**
 * Whether a list of these values, which the server reads from JSON, says the same as the values themselves. It cuts what does
 * not fit into a column of the list, without a word: so none is sent that might not fit.
 */
export function isList({ inserted, table }: Upsert): boolean {
  const { keys, fields } = inserted[0].layout;
  return (
    fields.every((field) => takesField(field, infoOf(field.column, table))) &&
    keys.every((key, i) => {
      const fits = fitting(infoOf(key, table));
      return fits !== undefined && inserted.every(({ keyValues }) => fits(keyValues[i] ?? null));
    })
  );
}

/** Text is turned into what the column holds as it is assigned, and numbers pick the members of a list by their places. */
function takesField({ rule }: Field, info: ColumnInfo | undefined): boolean {
  if (info === undefined) return false;
  if (rule === 'sum') return true;
  if (rule === 'last')
    return !/^(enum|set|bit|.*binary|.*blob|year|geo|.*point|.*line|.*polygon)/.test(info.base);
  return (
    rule !== 'companion' &&
    /^(char|varchar|.*text|(tiny|small|medium|big)?int|datetime|timestamp|date)$/.test(info.base)
  );
}

function fitting(info: ColumnInfo | undefined): ((value: Sent) => boolean) | undefined {
  if (info === undefined) return undefined;
  if (/^(tiny|small|medium|big)?int$/.test(info.base)) return Number.isSafeInteger;
  const [, length] = /^(?:var)?char\((\d+)\)/.exec(info.type) ?? [];
  if (length === undefined || info.collation === undefined) return undefined;
  const isAny = info.collation.startsWith('utf8mb4_');
  return (value) =>
    typeof value === 'string' && value.length <= Number(length) && (isAny || /^\p{ASCII}*$/u.test(value));
}

/** Changes rows in the order of the entries. */
export function updateAll({ group, inserted, table }: Upsert): Sql {
  const { fields } = group[0].layout;
  const changes = fields.map((field, i) => {
    const [value, old] = [id('u', `v${i}`), id('t', field.column)];
    const next = RULES[field.rule].next(old, value, field, {
      value: rankedAs(value, infoOf(field.column, table)?.type),
      old,
      operand: (operand) => (isText(field.column, table) ? inBytes(operand) : operand),
    });
    return sql`${old} = ${next}`;
  });
  return sql`
    update ${listOf(inserted, table)}
    straight_join ${lookedUp(inserted, table)} on ${matches(inserted)}
    set ${sql.join(changes)}
  `;
}

/** Inserts the entries for which there is no row. */
export function insertOthers({ inserted, table }: Upsert): Sql {
  const { model, keys, fields } = inserted[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)].map((column) => id(column));
  const values = [...keys.map((_, i) => id('u', `k${i}`)), ...fields.map((_, i) => id('u', `v${i}`))];
  return sql`
    insert into ${id(...model.table)} (${sql.join(columns)})
    select ${sql.join(values)}
    from ${listOf(inserted, table)}
    left join ${lookedUp(inserted, table)} on ${matches(inserted)}
    where ${id('t', keys[0] as string)} is null
  `;
}

/** By what the server knows of a table that was empty, it might read all of it for each entry. */
function lookedUp([{ layout }]: Group, table: TableInfo | undefined): Sql {
  const index = uniqueFor(table, layout.keys, mysqlCatalogue)?.name ?? 'primary';
  return sql`${id(...layout.model.table)} as t force index (${id(index)})`;
}

function matches([{ layout }]: Group): Sql {
  const terms = layout.keys.map((key, i) => sql`${id('t', key)} = ${id('u', `k${i}`)}`);
  return sql.join(terms, sql` and `);
}

/** The rows of a group as a table `u`, from one parameter of JSON. Keys are what the column itself would hold. */
function listOf(group: Group, table: TableInfo | undefined): Sql {
  const { keys, fields } = group[0].layout;
  const senders = [
    ...keys.map((key, i) => ({ name: `k${i}`, type: typeOfKey(infoOf(key, table)) })),
    ...fields.map((field, i) => ({ name: `v${i}`, type: typeOfField(field) })),
  ];
  const columns = senders.map(
    ({ name, type }, i) => sql`${id(name)} ${sql.raw(type)} path ${sql.lit(`$[${i}]`)}`,
  );
  const rows = group.map(({ keyValues, values }: Row) => [...keyValues, ...values.map(parameter)]);
  return sql`json_table(${JSON.stringify(rows)}, '$[*]' columns (${sql.join(columns)})) as u`;
}

function typeOfKey(info: ColumnInfo | undefined): string {
  return info?.collation === undefined ? 'bigint' : `${info.type} collate ${info.collation}`;
}

function typeOfField(field: Field): string {
  return field.rule === 'sum' ? `decimal(65, ${field.scale})` : 'longtext collate utf8mb4_bin';
}
