import { type RawBuilder, sql } from 'kysely';
import type { CompanionField, Field, FieldRule } from '../plan/layout.js';

type Sql = RawBuilder<unknown>;

/** What a rule of entries does to a column. */
export interface ColumnRule {
  /** What the column becomes, from what it is and the entry's value. */
  next(old: Sql, value: Sql, field: Field, compared: Compared): Sql;
}

/** What is compared, for rules that do: the value, and the column that may have a greater one. */
export interface Compared {
  readonly value: Sql;
  readonly old: Sql;
  /** An operand of the comparison: text compares by code points, whatever order its column has. */
  operand(operand: Sql): Sql;
  /** The operator of a sign, where it may be another than the search path leads to. */
  operator?(sign: Sql): Sql;
}

/** The rules in the words that all databases share. The compiler asks for every rule of core. */
export const RULES: Readonly<Record<FieldRule, ColumnRule>> = {
  sum: { next: (old, value, field) => notBelow(field, sql`coalesce(${old}, 0) + ${value}`) },
  last: { next: (_, value) => value },
  max: { next: ifItWins },
  min: { next: ifItWins },
  companion: { next: ifItWins },
};

/** A comparison with NULL is never true, so a column that was NULL would stay NULL. */
function ifItWins(old: Sql, value: Sql, field: Field, compared: Compared): Sql {
  return sql`case when ${compared.old} is null or ${winsBy(field, compared)} then ${value} else ${old} end`;
}

function winsBy(field: Field, { value, old, operand, operator = (sign) => sign }: Compared): Sql {
  return sql`${operand(value)} ${operator(signOf(field))} ${operand(old)}`;
}

/** By which sign a value of a field wins over the one that there is. */
export function signOf(field: Field): Sql {
  const { rule } = rankedBy(field);
  return rule === 'max' ? sql`>` : sql`<`;
}

/** The column and the rule by which the value of a field stays or goes. */
export function rankedBy(field: Field): Pick<CompanionField['of'], 'column'> & { readonly rule: FieldRule } {
  return field.rule === 'companion' ? field.of : field;
}

/** Whether a rule compares values, so that the column's type must have an order. */
export const IS_COMPARED: Readonly<Record<FieldRule, boolean>> = {
  sum: false,
  last: false,
  max: true,
  min: true,
  companion: false,
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
