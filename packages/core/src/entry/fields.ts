import type { StoredValue } from './rules/rule.js';

/**
 * What has accumulated for one target, as backends keep it. The first character of a field's name is the mark of its
 * rule:
 *
 * | field | rule | value |
 * | --- | --- | --- |
 * | `+views` | sum | an integer within ±(2^53 − 1) |
 * | `=title` | the last write wins | JSON text, after `~7 ` if it was redriven from batch 7 |
 * | `>lastSeen` | greatest | a number, `d` and a Date's milliseconds, `b` and a bigint's digits, `s` and text; see `extremeRule` |
 * | `<firstSeen` | least | the same |
 * | `@` | least | when the backend took the first increment, in milliseconds |
 *
 * The mark also keeps untrusted names (`constructor`) away from what plain objects inherit.
 */
export type Fields = { [field: string]: StoredValue };

/** An entry as backends keep it. */
export interface StoredEntry {
  /** The target, as {@link targetKey} writes it. */
  readonly key: string;
  readonly fields: Fields;
}
