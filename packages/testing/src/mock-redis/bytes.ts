/**
 * Redis and Lua have bytes where JavaScript has text. Between the two ends of the mock all strings are "binary": one
 * character a byte of the UTF-8 form, so that any part that a script cuts out of a string keeps its bytes.
 */
export function toBinary(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of a binary string, as a client decodes it: bytes that are not UTF-8 become U+FFFD. */
export function toText(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('utf8');
}
