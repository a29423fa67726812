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

/** The message of anything that was thrown, shortened if need be. */
export function messageOf(error: unknown): string {
  try {
    return excerpt(textOf(error), LONGEST_MESSAGE);
  } catch {
    return 'something without a message';
  }
}

/** Not by `instanceof Error`: in Jest, what Node itself throws is an Error of another realm. */
function textOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
