import type { ComparableValue } from './comparable.js';

// A registered symbol, so that two copies of this package (such as ESM and CJS) know each other's values.
const RULE: unique symbol = Symbol.for('@sluice/core.rule') as never;

/** An extra value with a rule other than "the last write wins": {@link max} and {@link min} make it. */
export interface Ruled<T = ComparableValue, C = Readonly<Record<never, never>>> {
  readonly [RULE]: string;
  readonly value: T;
  /** Extra values that belong to this one. */
  readonly companions?: C;
}

/** Marks a value with the name of its rule. */
export function withRule<T, C>(rule: string, value: T, companions: C | undefined): Ruled<T, C> {
  return companions === undefined ? { [RULE]: rule, value } : { [RULE]: rule, value, companions };
}

/** The name of the rule that a value is marked with, perhaps by another version of this package. */
export function ruleNameOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && RULE in value ? String(value[RULE]) : undefined;
}
