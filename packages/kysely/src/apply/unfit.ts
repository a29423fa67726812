import type { SqlDialect } from '../dialects/dialect.js';
import { EntryFault } from '../dialects/failures.js';
import type { Field, Layout } from '../plan/layout.js';
import type { Model } from '../plan/model.js';
import { quote } from '../plan/unmapped.js';
import type { ColumnInfo, TableInfo } from '../setup/catalogue.js';

/**
 * Where a model lists no names an entry may name any column, also one that takes no such value. It alone is at fault:
 * a column that is listed is a part of the set-up.
 * @throws EntryFault
 */
export function refuseUnfit(
  { model, fields }: Layout,
  info: TableInfo | undefined,
  { catalogue }: Pick<SqlDialect, 'catalogue'>,
): void {
  for (const field of fields) {
    if (isListed(field, model)) continue;
    const found = info?.columns.find(({ name }) => catalogue.isSameName(name, field.column));
    const problem = found && problemOf(field, found);
    if (problem === undefined) continue;
    throw new EntryFault(
      `Model ${quote(model.name)}: the column ${quote(field.column)} (${found?.type}) ${problem}.`,
    );
  }
}

function isListed({ rule }: Field, { columns, extra }: Model): boolean {
  return (rule === 'sum' ? columns : extra) !== undefined;
}

function problemOf({ rule }: Field, { isGenerated, decimals }: ColumnInfo): string | undefined {
  if (isGenerated) return 'is computed by the database';
  return rule === 'sum' && decimals < 0 ? 'takes no sums' : undefined;
}
