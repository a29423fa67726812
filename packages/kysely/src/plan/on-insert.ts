import type { Sent } from '../dialects/values.js';
import type { Catalogue } from '../setup/catalogue.js';
import { unitsOf } from './decimal.js';
import type { Group } from './groups.js';
import type { Field } from './layout.js';
import type { Row } from './row.js';

/**
 * Rows of one layout as they are inserted: sums at their floors, and with what their model gives to new rows, in columns
 * of which the entries say nothing.
 */
export function asInserted(group: Group, { isSameName }: Pick<Catalogue, 'isSameName'>): Group {
  const { layout } = group[0];
  const named = [...layout.keys, ...layout.fields.map(({ column }) => column)];
  const given = [...layout.model.onInsert].filter(
    ([column]) => !named.some((name) => isSameName(name, column)),
  );
  if (given.length === 0 && !layout.fields.some(hasFloor)) return group;
  const fields = [...layout.fields, ...given.map(([column]) => ({ column, rule: 'last' as const }))];
  const whole = { ...layout, fields };
  const inserted = (row: Row): Row => {
    const values = row.values.map((value, i) => floored(value, layout.fields[i]));
    return { ...row, layout: whole, values: [...values, ...given.map(([, value]) => value)] };
  };
  const [first, ...others] = group;
  return [inserted(first), ...others.map(inserted)];
}

/** Whether a new row may get another value than the one that is added to a row that is there. */
export function hasFloor(field: Field): boolean {
  return field.rule === 'sum' && field.min !== undefined;
}

function floored(value: Sent, field: Field | undefined): Sent {
  if (field?.rule !== 'sum' || field.min === undefined) return value;
  return unitsOf(String(value)) < unitsOf(field.min) ? field.min : value;
}
