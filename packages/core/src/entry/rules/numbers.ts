/** What `pack` and the scripts write; `Number()` alone would also take '', ' 1', '1e3' and '0x10'. */
const INTEGER = /^-?\d+$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]\d+)?$/;

// Adding zero turns -0, which no text of Sluice's has, into 0.

/** The integer in a packed value, if it is exact. */
export function parseInteger(text: string): number | undefined {
  const value = Number(text) + 0;
  return INTEGER.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** The finite number in a packed value. */
export function parseNumber(text: string): number | undefined {
  const value = Number(text) + 0;
  return NUMBER.test(text) && Number.isFinite(value) ? value : undefined;
}

const LAST_DATE = 8.64e15;

/** The milliseconds of a Date in a packed value. */
export function parseTime(text: string): number | undefined {
  const value = parseInteger(text);
  return value !== undefined && Math.abs(value) <= LAST_DATE ? value : undefined;
}
