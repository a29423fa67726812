/** Quotes untrusted text for a message, and shortens it: escapes alone can make a name six times as long. */
export function quote(text: string, length = 80): string {
  const quoted = JSON.stringify(text.slice(0, length));
  const whole = text.length <= length && quoted.length <= 2 * length;
  return whole ? quoted : `${quoted.slice(0, length)}… (${text.length} characters)`;
}

/** Shortens untrusted text for a message, so that no log holds it in full. */
export function excerpt(text: string, length = 80): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}

// Drivers put whole statements in their messages, and a dead letter's reason is stored with every entry of its batch.
const LONGEST_MESSAGE = 1000;

// What may be looked through for passwords: a message of megabytes would take long.
const LONGEST_SEARCH = 4 * LONGEST_MESSAGE;

/** The message of anything that was thrown, shortened if need be, without passwords. */
export function messageOf(error: unknown): string {
  try {
    const text = textOf(error);
    const shown = withoutPasswords(text.slice(0, LONGEST_SEARCH));
    return text.length <= LONGEST_SEARCH
      ? excerpt(shown, LONGEST_MESSAGE)
      : `${shown.slice(0, LONGEST_MESSAGE)}… (${text.length} characters)`;
  } catch {
    return 'something without a message';
  }
}

// Drivers quote what they were given.
const LOGIN = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)\S*@/gi;
const PASSWORD = /\b(passw(?:or)?d|pwd)(\s*=\s*)[^\s;&]+/gi;

function withoutPasswords(text: string): string {
  return text.replace(LOGIN, '$1…@').replace(PASSWORD, '$1$2…');
}

/** Not by `instanceof Error`: in Jest, what Node itself throws is an Error of another realm. */
function textOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
