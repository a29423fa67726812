// JSON text cannot begin so. More digits than these are no stamp: batches are never that many.
const STAMP = /^~(\d{1,15}) /;

/**
 * The number of the batch that a redriven `last` value was buried with. Infinity for a value without a stamp: it has not
 * been in a dead letter, so that it is newer than all that were.
 */
export function stampOf(text: string): number {
  const digits = STAMP.exec(text)?.[1];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
}

/** Adds a stamp, unless there is one: a value that was buried twice is as old as its first batch. */
export function stamped(text: string, batchNumber: number): string {
  return STAMP.test(text) ? text : `~${batchNumber} ${text}`;
}

/** The value itself. */
export function withoutStamp(text: string): string {
  return text.replace(STAMP, '');
}
