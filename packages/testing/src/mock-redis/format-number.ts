/** A number as C's `%.<digits>g` prints it. Redis uses 17 digits in commands; Lua and cjson use 14. */
export function formatNumber(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  const { significant, exponent } = rounded(Math.abs(value), digits);
  if (exponent >= -4 && exponent < digits) return sign + fixed(significant, exponent);
  const [first = '', ...rest] = significant;
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign}${withoutZeros(`${first}.${rest.join('')}`)}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** Decimal digits, the first one before the point. Ties go to the even digit in C, and up in JavaScript. */
function rounded(value: number, digits: number): { significant: string; exponent: number } {
  const [exact = ''] = value.toExponential(100).split('e');
  const cut = digits + 1;
  const isTieToEven = /^50*$/.test(exact.slice(cut)) && Number(exact[cut - 1]) % 2 === 0;
  const [mantissa = '', exponent] = value.toExponential(digits - 1).split('e');
  const significant = isTieToEven ? exact.slice(0, cut) : mantissa;
  return { significant: significant.replace('.', ''), exponent: Number(exponent) };
}

function fixed(significant: string, exponent: number): string {
  if (exponent < 0) return withoutZeros(`0.${'0'.repeat(-exponent - 1)}${significant}`);
  return withoutZeros(`${significant.slice(0, exponent + 1)}.${significant.slice(exponent + 1)}`);
}

function withoutZeros(decimal: string): string {
  return decimal.replace(/\.?0*$/, '');
}
