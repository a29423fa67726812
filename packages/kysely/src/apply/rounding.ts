import type { SqlDialect } from '../dialects/dialect.js';
import { EntryFault } from '../dialects/failures.js';
import type { Layout } from '../plan/layout.js';
import { quote } from '../plan/unmapped.js';
import type { TableInfo } from '../setup/catalogue.js';

/**
 * Where a model lists no columns an entry may name any, also one that rounds what is added. It alone is at fault: columns
 * that are listed were looked at before.
 * @throws EntryFault
 */
export function refuseRounding(
  { model, fields }: Layout,
  info: TableInfo | undefined,
  { catalogue }: Pick<SqlDialect, 'catalogue'>,
): void {
  if (model.columns !== undefined) return;
  for (const { rule, column } of fields) {
    const found = info?.columns.find(({ name }) => catalogue.isSameName(name, column));
    if (rule !== 'sum' || found === undefined || found.decimals >= 0) continue;
    throw new EntryFault(
      `Model ${quote(model.name)}: the column ${quote(column)} (${found.type}) takes no sums; it would round them.`,
    );
  }
}
