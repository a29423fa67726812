// Comments, strings and names are matched so that digits in them are not.
const TOKENS =
  /--\[(=*)\[[^]*?\]\1\]|--[^\n]*|\[(=*)\[[^]*?\]\2\]|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[A-Za-z_]\w*|0[xX][\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/g;

/**
 * Writes every whole number of a script as a float. The Lua of Redis has no other numbers; fengari also has integers,
 * of 32 bits, which would wrap around where a script of Redis counts on.
 */
export function withFloatLiterals(source: string): string {
  return source.replace(TOKENS, (token) => (/^(\d+|0[xX][\da-fA-F]+)$/.test(token) ? `${Number(token)}.0` : token));
}
