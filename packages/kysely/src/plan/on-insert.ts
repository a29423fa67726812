import type { Group } from './groups.js';
import type { Layout } from './layout.js';

/** Rows of one layout with what their model gives to new rows, in columns of which the entries say nothing. */
export function asInserted(group: Group): Group {
  const { layout } = group[0];
  const given = [...layout.model.onInsert].filter(([column]) => !isNamed(column, layout));
  if (given.length === 0) return group;
  const fields = [...layout.fields, ...given.map(([column]) => ({ column, rule: 'last' as const }))];
  const [first, ...others] = group.map((row) => ({
    ...row,
    layout: { ...layout, fields },
    values: [...row.values, ...given.map(([, value]) => value)],
  }));
  return first === undefined ? group : [first, ...others];
}

function isNamed(column: string, { keys, fields }: Layout): boolean {
  return keys.includes(column) || fields.some((field) => field.column === column);
}
