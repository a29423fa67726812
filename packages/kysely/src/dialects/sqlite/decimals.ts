import { type RawBuilder, sql } from 'kysely';
import { unitsOf } from '../../plan/decimal.js';
import type { SumColumn } from '../../plan/model.js';
import { atLeast } from '../rules.js';

type Sql = RawBuilder<unknown>;

/**
 * Adds to a decimal that is kept as text, since SQLite has no other exact ones: as numbers of 64 bits, in units of the
 * last digit. What is no decimal, has more digits, or would be past 64 bits fails.
 */
export function decimalSum(old: Sql, value: Sql, { column, scale, min }: SumColumn): Sql {
  const sum = sql`units + ${unitsIn(value)}`;
  const floored = min === undefined ? sum : atLeast(String(unitsOf(min)), sum);
  // What is not read as it is written was not read whole.
  const isRead = sql`padded = ${written(sql`units`, scale, sql`padded glob '-*'`)}`;
  return sql`(
    select
      case
        when not ${isRead}
        then ${failure(column, sql`held`, `, which is no decimal of ${scale} digits after the point and 64 bits`)}
        when typeof(total) <> 'integer'
        then ${failure(column, sql`held`, ', and the sum is past 64 bits')}
        else ${written(sql`total`, scale, sql`total < 0`)}
      end
    from (
      select held, padded, units, ${floored} as total
      from (
        select held, padded, ${unitsIn(sql`padded`)} as units
        from (
          select held, ${padded(sql`held`, scale)} as padded
          from (select coalesce(${old}, '0') as held)
        )
      )
    )
  )`;
}

function unitsIn(decimal: Sql): Sql {
  return sql`cast(replace(${decimal}, '.', '') as integer)`;
}

/** A text with as many digits after the point as there should be, if it has no more. */
function padded(text: Sql, scale: number): Sql {
  const zeros = sql.lit('0'.repeat(scale));
  return sql`
    case instr(${text}, '.')
      when 0 then ${text} || '.' || ${zeros}
      else ${text} || substr(${zeros}, 1 + length(${text}) - instr(${text}, '.'))
    end
  `;
}

function written(units: Sql, scale: number, isNegative: Sql): Sql {
  // No double has as many digits as the power.
  const power = sql.raw(String(10n ** BigInt(scale)));
  return sql`
    printf(
      ${sql.lit(`%s%lld.%0${scale}lld`)},
      case when ${isNegative} then '-' else '' end,
      abs(${units} / ${power}),
      abs(${units} % ${power})
    )
  `;
}

/** SQLite fails by an expression only where one has an error, and says this one's text. */
function failure(column: string, held: Sql, problem: string): Sql {
  return sql`json_extract('{}', ${`the column ${JSON.stringify(column)} has "`} || substr(${held}, 1, 40) || ${`"${problem}`})`;
}
