/** What `pack` and the scripts write; `Number()` alone would also take '', ' 1' and '0x10'. */
const INTEGER = /^-?\d+$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;

/** The integer in a packed value, if it is exact. */
export function parseInteger(text: string): number | undefined {
  const value = Number(text);
  return INTEGER.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** The finite number in a packed value. */
export function parseNumber(text: string): number | undefined {
  const value = Number(text);
  return NUMBER.test(text) && Number.isFinite(value) ? value : undefined;
}
