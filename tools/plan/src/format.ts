/** Three digits: `0.12`, `4.57`, `1,230`, `1.2 million`. */
export function amount(value: number): string {
  if (value >= 999.5e6) return `${digits(value / 1e9)} billion`;
  if (value >= 999.5e3) return `${digits(value / 1e6)} million`;
  return value > 0 && value < 0.01 ? '< 0.01' : digits(value);
}

/** Every digit. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

export function percent(share: number): string {
  return share > 0 && share < 0.0001 ? '< 0.01 %' : `${digits(100 * share)} %`;
}

export function bytes(value: number): string {
  if (value >= 999.5e6) return `${digits(value / 1e9)} GB`;
  return value >= 999.5e3 ? `${digits(value / 1e6)} MB` : `${digits(value / 1e3)} kB`;
}

export function seconds(value: number): string {
  return value >= 1 ? `${digits(value)} s` : `${digits(1000 * value)} ms`;
}

/** Lines with their cells below each other. The first column is text, the others numbers unless told. */
export function columns(rows: readonly (readonly string[])[], right = false): string {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)),
    [],
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (right && i > 0 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ');
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}

function digits(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
