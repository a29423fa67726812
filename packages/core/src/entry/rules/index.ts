import { CorruptEntryError } from '../../errors.js';
import type { Rule } from '../../schema.js';
import { quote } from '../../support/text.js';
import { FIRST_AT } from './first-at.js';
import { LAST } from './last.js';
import { MAX } from './max.js';
import { MIN } from './min.js';
import type { FieldRule, IncrementRule } from './rule.js';
import { SUM } from './sum.js';

/**
 * The rules of extra values. The compiler asks for one for each name in `Rule`. If one name was used with several
 * rules, sinks get the value of the rule that comes first here.
 */
const EXTRA_RULES: { readonly [N in Rule]: IncrementRule<N> } = { last: LAST, max: MAX, min: MIN };

/** The rule of that name, if this version has it. */
export function extraRule(name: string): IncrementRule<Rule> | undefined {
  return Object.hasOwn(EXTRA_RULES, name) ? EXTRA_RULES[name as Rule] : undefined;
}

/** The rules of extra values as a list, in their order. */
export const EXTRA_RULE_LIST = /* @__PURE__ */ Object.values(EXTRA_RULES);

/** The rules of what comes with an increment. */
export const INCREMENT_RULES: readonly IncrementRule[] = [SUM, ...EXTRA_RULE_LIST];

const BY_MARK = /* @__PURE__ */ rulesByMark();

/**
 * The rule of a field, by the mark that its name begins with. A mark is followed by a name; only that of
 * {@link FIRST_AT} has none.
 * @throws CorruptEntryError if no rule has such fields
 */
export function fieldRule(field: string): FieldRule {
  const rule = BY_MARK[field.charCodeAt(0)];
  return rule !== undefined && (rule === FIRST_AT) === (field.length === 1) ? rule : unknownRule(field);
}

function unknownRule(field: string): never {
  throw new CorruptEntryError(
    `An entry has a field ${quote(field)}, whose rule is unknown. If a newer version of Sluice wrote it, upgrade this process and redrive the entry.`,
  );
}

function rulesByMark(): readonly (FieldRule | undefined)[] {
  const rules: (FieldRule | undefined)[] = new Array(128).fill(undefined);
  for (const rule of [...INCREMENT_RULES, FIRST_AT]) rules[rule.mark.charCodeAt(0)] = rule;
  return rules;
}
