// Control characters, and those that turn text around or hide it: a terminal would obey them.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from outside, on one line, with nothing in it that a terminal obeys. */
export function printable(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON that a terminal obeys as little; it means the same. */
export function printableJson(value: unknown, space?: number): string {
  return JSON.stringify(value, jsonOf, space)
    .split('\n')
    .map((line) => line.replace(UNSEEN, escaped))
    .join('\n');
}

function jsonOf(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: String(value) } : value;
}

function escaped(characters: string): string {
  return [...Array(characters.length).keys()]
    .map((i) => `\\u${characters.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');
}
