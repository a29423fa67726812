import { type RawBuilder, sql } from 'kysely';
import type { Field, FieldRule } from '../../plan/layout.js';
import { type ColumnRule, type Compared, RULES, signOf } from '../rules.js';
import { decimalSum } from './decimals.js';
import { areTimes, inFormOf, instant } from './times.js';

type Sql = RawBuilder<unknown>;

/** The rules where any column may hold any type of value: integers turn into rounded numbers, and times have many forms. */
export const SQLITE_RULES: Readonly<Record<FieldRule, ColumnRule>> = {
  sum: {
    next: (old, value, field, compared) =>
      field.rule === 'sum' && field.scale > 0
        ? decimalSum(old, value, field)
        : exactly(old, RULES.sum.next(old, value, field, compared)),
  },
  last: {
    next: (old, value) =>
      sql`case when ${areTimes(old, value)} then ${inFormOf(old, value)} else ${value} end`,
  },
  max: { next: ifItWins },
  min: { next: ifItWins },
  companion: { next: ifItWins },
};

function ifItWins(old: Sql, value: Sql, field: Field, compared: Compared): Sql {
  return sql`
    case
      when ${areTimes(compared.old, compared.value)}
      then
        case
          when ${instant(compared.value)} ${signOf(field)} ${instant(compared.old)}
          then ${field.rule === 'companion' ? value : inFormOf(old, value)}
          else ${old}
        end
      else ${RULES[field.rule].next(old, value, field, compared)}
    end
  `;
}

/** A sum past 64 bits fails, instead of being rounded; an expression without the column would be evaluated beforehand. */
function exactly(old: Sql, sum: Sql): Sql {
  return sql`
    case
      when typeof(${old} + 0) = 'integer' and typeof(${sum}) = 'real'
      then abs(${old} * 0 - 9223372036854775807 - 1)
      else ${sum}
    end
  `;
}
