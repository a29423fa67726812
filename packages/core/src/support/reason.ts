import { excerpt, messageOf } from './text.js';

const LENGTH = 300;

/** What went wrong, as a part of a sentence: shortened, without the full stop. */
export function reasonOf(error: unknown): string {
  return excerpt(messageOf(error), LENGTH).replace(/\.$/, '');
}

/** The same, with the error's code: that of a driver says more than its message. */
export function codedReasonOf(error: unknown): string {
  const code = codeOf(error);
  return `${reasonOf(error)}${code === undefined ? '' : ` (${code})`}`;
}

function codeOf(error: unknown): string | undefined {
  try {
    const { code } = error as { readonly code?: unknown };
    return typeof code === 'string' || typeof code === 'number' ? excerpt(String(code), 40) : undefined;
  } catch {
    return undefined;
  }
}
