const BARS = '▁▂▃▄▅▆▇█';

/** A bar for each value, the greatest being full height, and a gap where there is none. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const greatest = Math.max(...values.map((value) => value ?? 0), 0);
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      return BARS[greatest > 0 ? Math.round((value / greatest) * (BARS.length - 1)) : 0];
    })
    .join('');
}
