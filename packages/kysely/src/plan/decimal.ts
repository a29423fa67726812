/** A number of units of 10^-scale as a decimal, with exactly so many digits after the point. */
export function decimalOf(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The units of such a decimal. */
export function unitsOf(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}
