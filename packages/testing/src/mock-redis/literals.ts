// Comments, strings and names are matched so that the digits in them are not.
const TOKENS = new RegExp(
  [
    String.raw`--\[(=*)\[.*?\]\1\]`,
    String.raw`--[^\n]*`,
    String.raw`\[(=*)\[.*?\]\2\]`,
    String.raw`"(?:\\.|[^"\\])*"`,
    String.raw`'(?:\\.|[^'\\])*'`,
    String.raw`[A-Za-z_]\w*`,
    String.raw`0[xX][\da-fA-F]+`,
    String.raw`\d*\.?\d+(?:\.(?!\.))?(?:[eE][+-]?\d+)?`,
  ].join('|'),
  'gs',
);

/**
 * Writes every whole number of a script as a float. The Lua of Redis has no other numbers; fengari also has integers,
 * of 32 bits, which would wrap around where a script of Redis counts on.
 */
export function withFloatLiterals(source: string): string {
  return source.replace(TOKENS, (token) =>
    /^(\d+|0[xX][\da-fA-F]+)$/.test(token) ? `${Number(token)}.0` : token,
  );
}
