import { type RawBuilder, sql } from 'kysely';
import type { Group } from '../../plan/groups.js';
import type { Row } from '../../plan/row.js';
import type { Match } from '../dialect.js';
import { SQLITE_RULES } from './rules.js';

type Sql = RawBuilder<unknown>;

const id = (...parts: readonly string[]): Sql => sql.id(...parts);

/** Says which entry is for which row. There is one writer at a time, so nothing has to be locked. */
export function findRows(group: Group): RawBuilder<Match> {
  const { model, keys } = group[0].layout;
  const found = sql.join(
    keys.map((key) => sql`quote(${id('t', key)})`),
    sql` || ',' || `,
  );
  // A cross join fixes which table is the outer one.
  return sql`
    select
      ${id('u', `c${keys.length}`)} as ${id('ord')},
      ${found} as ${id('found')}
    from ${source(group, keys.length + 1, ({ keyValues }, ord) => [...keyValues, ord])}
    cross join ${id(...model.table)} as ${id('t')}
    where ${matches(group)}
  `;
}

/** Changes rows, of which each matches one entry at most. "or abort" is as below. */
export function updateRows(group: Group): Sql {
  const { model, keys, fields } = group[0].layout;
  const changes = fields.map(({ column, rule }, i) => {
    const value = id('u', `c${keys.length + i}`);
    // Digits would be added as a number that is rounded.
    const given = rule === 'sum' ? sql`cast(${value} as integer)` : value;
    const next = SQLITE_RULES[rule].next(id('t', column), given);
    return sql`${id(column)} = ${next}`;
  });
  return sql`
    update or abort ${id(...model.table)} as ${id('t')}
    set ${sql.join(changes)}
    from ${source(group, keys.length + fields.length, valuesOf)}
    where ${matches(group)}
  `;
}

/** "or abort" takes precedence over what the table says of its constraints, which might be to replace the other row. */
export function insertRows(group: Group): Sql {
  const { model, keys, fields } = group[0].layout;
  const columns = [...keys, ...fields.map(({ column }) => column)];
  return sql`
    insert or abort into ${id(...model.table)} (${sql.join(columns.map((column) => id(column)))})
    select ${sql.join(columns.map((_, i) => id('u', `c${i}`)))}
    from ${source(group, columns.length, valuesOf)}
  `;
}

/** NULL equals nothing: which keys are NULL is part of a group. */
function matches([{ layout, keyValues }]: Group): Sql {
  const terms = layout.keys.map((key, i) =>
    keyValues[i] === null ? sql`${id('t', key)} is null` : sql`${id('t', key)} = ${id('u', `c${i}`)}`,
  );
  return sql.join(terms, sql` and `);
}

const valuesOf = ({ keyValues, values }: Row): readonly unknown[] => [...keyValues, ...values];

/** The rows of a group as a table `u` with columns `c0`, `c1`, …, from one parameter of JSON. */
function source(group: Group, width: number, read: (row: Row, ord: number) => readonly unknown[]): Sql {
  const columns = Array.from(
    { length: width },
    (_, i) => sql`json_extract(value, ${sql.lit(`$[${i}]`)}) as ${id(`c${i}`)}`,
  );
  return sql`(
    select ${sql.join(columns)}
    from json_each(${JSON.stringify(group.map(read))})
  ) as ${id('u')}`;
}
