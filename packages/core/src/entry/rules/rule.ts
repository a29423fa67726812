import type { Companion, ExtraValue, Rule } from '../../schema.js';

/** A value as backends keep it. */
export type StoredValue = number | string;

/** The rules that increments use: sums for their columns, the others for their extra values. */
export type RuleName = 'sum' | Rule;

/** How the fields of one kind are read and combined. */
export interface FieldRule<N extends string = RuleName | 'firstAt', V extends StoredValue = StoredValue> {
  readonly name: N;
  /** The first character of the fields' names. */
  readonly mark: string;

  /**
   * The value of two stored ones, the later one second. It must be associative: see `merge`.
   * @throws OverflowError naming the field
   */
  combine(old: V, value: V, field: string): V;

  /** The stored value in the text of a packed entry; `undefined` if Sluice did not write it. */
  parse(text: string): V | undefined;

  /** The stored value as a sink gets it. */
  decode(stored: V): ExtraValue;

  /** The values that belong to a stored one, for rules that have any. */
  companions?(stored: V): Readonly<Record<string, Companion>>;
}

/** A rule whose values come with an increment. */
export interface IncrementRule<N extends RuleName = RuleName, V extends StoredValue = StoredValue>
  extends FieldRule<N, V> {
  /**
   * The stored form of a value; `name` is the column's or the extra's, for messages.
   * @throws InvalidInputError
   */
  encode(name: string, value: unknown, companions?: Readonly<Record<string, unknown>>): V;
}
