// What rounds to nothing has no sign.
const SIGN = { signDisplay: 'negative' } as const;
const whole = new Intl.NumberFormat('en', SIGN);
const short = new Intl.NumberFormat('en', { ...SIGN, notation: 'compact', maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });

/** `1,234,567` */
export function count(value: number): string {
  return whole.format(value);
}

/** `1.2M` */
export function compact(value: number): string {
  return short.format(value);
}

/** `12:34:56` */
export function timeOf(at: number): string {
  return time.format(at);
}

/** `Nov 26, 2026, 12:34` */
export function dateOf(at: number): string {
  return day.format(at);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `3 h 12 min`, `850 ms` */
export function duration(ms: number): string {
  const at = UNITS.findIndex(([, size]) => ms >= size);
  const [name, size] = UNITS[at] ?? ['ms', 1];
  const first = `${Math.floor(ms / size)} ${name}`;
  const [smaller, smallerSize] = UNITS[at + 1] ?? [];
  const rest = smallerSize === undefined ? 0 : Math.floor((ms % size) / smallerSize);
  return at === -1 || rest === 0 ? first : `${first} ${rest} ${smaller}`;
}

/** `3 h` */
export function shortDuration(ms: number): string {
  return duration(ms).split(' ').slice(0, 2).join(' ');
}

/** `1 dead letter`, `2 dead letters` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
