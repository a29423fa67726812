/**
 * What a failed statement calls for. `conflict`: the same transaction may succeed if it is repeated at once.
 * `data`: an entry is at fault. `setup`: the database is not as the batch needs it, whatever its entries are: a right, a
 * name or room is missing. `outage`: anything else. After the last two the batch is retried later, as it is.
 */
export type Failure = 'conflict' | 'data' | 'setup' | 'outage';

/** An entry that its table cannot take, by what the sink found rather than the database. */
export class EntryFault extends Error {}

/** Not every entry has its row after statements for all: they are to be applied step by step. */
export class NotAtOnce extends Error {}

/** What a dialect says of one error, its causes aside; `undefined` if it is none of the database. */
export type Classify = (error: Readonly<Record<string, unknown>>) => Failure | undefined;

/** Classifies an error. Unless the data is known to be at fault it is an outage, which buries nothing. */
export function failureOf(error: unknown, classify: Classify): Failure {
  if (error instanceof EntryFault) return 'data';
  return findInCauses(error, classify) ?? 'outage';
}

/** Looks through an error and its causes for what one of them says. */
export function findInCauses<T>(
  error: unknown,
  say: (error: Readonly<Record<string, unknown>>) => T | undefined,
): T | undefined {
  for (let depth = 0; depth < 5 && typeof error === 'object' && error !== null; depth += 1) {
    const found = say(error as Record<string, unknown>);
    if (found !== undefined) return found;
    error = (error as { cause?: unknown }).cause;
  }
  return undefined;
}

const LONGEST_REASON = 500;

/** The message of an error and its code, as a reason that is stored with a dead letter. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : 'the database gave no reason';
  return (typeof code === 'string' ? `${text} (${code})` : text).slice(0, LONGEST_REASON).toWellFormed();
}
