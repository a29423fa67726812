import { type ComparableValue, type ExtraValue, max, min, type Rule } from '@sluice/core';
import { fieldsOf, merge } from '@sluice/core/backend';

const RULED: Readonly<Record<Rule, (value: ExtraValue) => unknown>> = {
  last: (value) => value,
  // An entry has such a rule with such a value alone.
  max: (value) => max(value as ComparableValue),
  min: (value) => min(value as ComparableValue),
};

/** One value of several that an entry has for one column, as a buffer merges what comes under one name. */
export function mergedExtra<V extends ExtraValue>(rule: Rule, values: readonly V[]): V {
  return values.reduce((old, value) => {
    const fields = fieldsOf({}, { x: RULED[rule](old) });
    const others = fieldsOf({}, { x: RULED[rule](value) });
    merge(fields, others);
    return Object.values(fields)[0] === Object.values(others)[0] ? value : old;
  });
}
