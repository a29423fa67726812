/**
 * The milliseconds of a Date, `NaN` if it is invalid; `undefined` for anything else. Dates of other realms are Dates
 * too: under Jest, those that Node itself makes are not `instanceof Date`.
 */
export function millisecondsOf(value: unknown): number | undefined {
  if (!(value instanceof Date) && Object.prototype.toString.call(value) !== '[object Date]') return undefined;
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    // It only looks like a Date.
    return undefined;
  }
}
