import { CorruptEntryError } from '../errors.js';
import type { Entry, Rule } from '../schema.js';
import type { Fields } from './fields.js';
import { bareName } from './names.js';
import { FIRST_AT } from './rules/first-at.js';
import { EXTRA_RULE_LIST, fieldRule } from './rules/index.js';
import type { FieldRule, StoredValue } from './rules/rule.js';
import { parseTargetKey } from './target-key.js';

/**
 * The entry that a sink gets, from what a backend stores.
 * @throws {@link CorruptEntryError} `ERR_SLUICE_CORRUPT_ENTRY` when the key or a value is not what Sluice wrote
 */
export function entryOf(key: string, fields: Fields): Entry {
  try {
    const { model, filters, signalOnly } = parseTargetKey(key);
    const { columns, extra, firstAt } = decode(fields);
    return { model, filters, columns, extra, signalOnly, firstAt };
  } catch (cause) {
    throw cause instanceof CorruptEntryError
      ? cause
      : new CorruptEntryError('A stored target key or value was not written by Sluice.', { cause });
  }
}

function decode(fields: Fields): Pick<Entry, 'columns' | 'extra' | 'firstAt'> {
  const columns: Record<string, number> = {};
  const extra: Record<string, AnyExtra> = {};
  for (const field in fields) {
    const rule = fieldRule(field);
    const stored = fields[field] as StoredValue;
    if (rule.name === 'sum') columns[bareName(field)] = stored as number;
    else if (rule.name !== 'firstAt' && !isHidden(rule.name, field, fields)) {
      extra[bareName(field)] = extraOf(rule.name, rule, stored);
    }
  }
  return { columns, extra, firstAt: FIRST_AT.decode(Number(fields[FIRST_AT.mark] ?? 0)) };
}

type AnyExtra = Entry['extra'][string] & object;

function extraOf(name: Rule, rule: FieldRule, stored: StoredValue): AnyExtra {
  const value = rule.decode(stored);
  const companions = rule.companions?.(stored) ?? {};
  const hasCompanions = Object.keys(companions).length > 0;
  return { rule: name, value, ...(hasCompanions && { companions }) };
}

/** Whether the name of an extra was also used with a rule that comes before. */
function isHidden(rule: Rule, field: string, fields: Fields): boolean {
  for (const { name, mark } of EXTRA_RULE_LIST) {
    if (name === rule) return false;
    if (mark + bareName(field) in fields) return true;
  }
  return false;
}
