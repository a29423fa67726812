import type { Spread } from './statistics.js';

/** Three digits at least, with separators: `0.012`, `4.57`, `1,234,567`. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return value.toLocaleString('en', digits);
}

/** The median, and from where to where the rounds went if there were several. */
export function formatSpread({ median, min, max }: Spread, unit: string): string {
  const figure = `${formatNumber(median)} ${unit}`.trim();
  return min === max ? figure : `${figure} (${formatNumber(min)}–${formatNumber(max)})`;
}
