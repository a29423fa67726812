import type { Fields } from '../backend.js';
import { OverflowError } from '../errors.js';

/**
 * A column's sum over all that is held of a target. The parts may be far apart and of both signs, so only the sum has to
 * be an integer that numbers hold exactly.
 * @throws OverflowError
 */
export function sumOf(key: string, field: string, held: readonly Fields[]): number {
  const sum = held.reduce((total, fields) => total + BigInt(fields[field] ?? 0), 0n);
  if (!Number.isSafeInteger(Number(sum))) throw new OverflowError(field, key);
  return Number(sum);
}
