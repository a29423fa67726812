/** `1 234 567`: groups of three, in the way of no country. */
export function amount(value: number): string {
  const digits = String(Math.abs(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, ' ');
  return value < 0 ? `-${digits}` : digits;
}

/** `1 partition`, `3 partitions`. */
export function counted(value: number, noun: string): string {
  return `${amount(value)} ${noun}${value === 1 ? '' : 's'}`;
}
