import { SluiceError } from '../errors.js';
import { messageOf } from './text.js';

/**
 * What is kept of an error beside its message and stack. Clients put the command there, too, with the password that they log
 * in by, or all that was counted; parsers, the bytes that they read.
 */
const KEPT = ['code', 'errno', 'syscall', 'hostname', 'host', 'address', 'port', 'reason'] as const;

const DEEPEST = 5;

/**
 * A copy of what a client has thrown that may be logged: neither it nor its causes show a command. Errors of Sluice are
 * returned as they are.
 */
export function harmless(error: unknown, depth = 0): unknown {
  if (typeof error !== 'object' || error === null || error instanceof SluiceError) return error;
  if (depth === DEEPEST) return undefined;
  const { name = 'Error', message, stack, cause, errors } = error as Readonly<Record<string, unknown>>;
  const options = cause === undefined ? undefined : { cause: harmless(cause, depth + 1) };
  const copy = new Error(withoutArguments(messageOf(message)), options);
  Object.defineProperty(copy, 'name', { value: String(name), configurable: true, writable: true });
  for (const kept of KEPT) {
    const value: unknown = Reflect.get(error, kept);
    if (typeof value === 'string' || typeof value === 'number') Object.assign(copy, { [kept]: value });
  }
  if (Array.isArray(errors)) Object.assign(copy, { errors: errors.map((each) => harmless(each, depth + 1)) });
  const frames = typeof stack === 'string' ? (/\n {4}at .*/s.exec(stack)?.[0] ?? '') : '';
  copy.stack = `${copy.name}: ${copy.message}${frames}`;
  return copy;
}

/** A server that does not know AUTH repeats what follows it, which is the password. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with:.*/s, '');
}
