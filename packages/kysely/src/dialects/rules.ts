import type { Rule } from '@sluice/core';
import { type RawBuilder, sql } from 'kysely';
import type { Field } from '../plan/layout.js';

type Sql = RawBuilder<unknown>;

/** What a rule of entries does to a column. */
export interface ColumnRule {
  /** What the column becomes, from what it is and the entry's value. */
  next(old: Sql, value: Sql, field: Field): Sql;
}

/** The rules in the words that all databases share. The compiler asks for every rule of core. */
export const RULES: Readonly<Record<'sum' | Rule, ColumnRule>> = {
  sum: { next: (old, value, field) => notBelow(field, sql`coalesce(${old}, 0) + ${value}`) },
  last: { next: (_, value) => value },
  // A comparison with NULL is never true, so a column that was NULL would stay NULL.
  max: {
    next: (old, value) => sql`case when ${old} is null or ${value} > ${old} then ${value} else ${old} end`,
  },
  min: {
    next: (old, value) => sql`case when ${old} is null or ${value} < ${old} then ${value} else ${old} end`,
  },
};

/** Whether a rule compares values, so that the column's type must have an order. */
export const IS_COMPARED: Readonly<Record<'sum' | Rule, boolean>> = {
  sum: false,
  last: false,
  max: true,
  min: true,
};

/** A sum, or the floor of its column if that is greater. */
function notBelow(field: Field, sum: Sql): Sql {
  if (field.rule !== 'sum' || field.min === undefined) return sum;
  return atLeast(field.min, sum);
}

/** The greater of a number, which was checked, and a sum. A sum past 64 bits of SQLite may be rounded to the number. */
export function atLeast(min: string, sum: Sql): Sql {
  const least = sql.raw(min);
  return sql`case when ${sum} <= ${least} then ${least} else ${sum} end`;
}
