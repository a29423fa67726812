import { messageOf } from './support/text.js';

/**
 * Where a buffer logs what nobody listens for: see {@link BufferOptions.logger}. `console` fits, and so do the loggers of
 * pino and winston: each method is called with one string.
 */
export interface Logger {
  warn(message: string): unknown;
  error(message: string): unknown;
}

/** A logger that can break nothing. The code is that of a `SluiceError`. */
export interface Log extends Logger {
  warn(message: string, code?: string): void;
  error(message: string, code?: string): void;
}

/** Where a buffer keeps its log, for its workers. Registered, so that two copies of this package share it. */
export const LOG: unique symbol = Symbol.for('@sluice/core.log') as never;

/** Logs to the process's warnings, which Node writes to stderr. */
export const processLog: Log = { warn: warnProcess, error: warnProcess };

/**
 * Logs to the user's logger; without one, to the process's warnings. What the logger fails to take becomes a process
 * warning, too: a broken logger must not hide what it was to log.
 */
export function logTo(logger: Logger | undefined): Log {
  if (logger === undefined) return processLog;
  const write = (level: keyof Logger, message: unknown, code?: unknown): void => {
    const recover = (): void => warnProcess(message, code);
    try {
      const returned = logger[level](
        `Sluice: ${oneLine(message)}${typeof code === 'string' ? ` [${code}]` : ''}`,
      );
      Promise.resolve(returned).catch(recover);
    } catch {
      recover();
    }
  };
  return {
    warn: (message, code) => write('warn', message, code),
    error: (message, code) => write('error', message, code),
  };
}

// Sinks log, too, and those in JavaScript may pass anything.
function warnProcess(message: unknown, code?: unknown): void {
  process.emitWarning(oneLine(message), { type: 'SluiceWarning', ...(typeof code === 'string' && { code }) });
}

// Drivers quote their input: an address may hold a password.
const ADDRESS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)\S+/gi;
// A model's name may be untrusted, and must not be able to add lines to a log, or to turn one around.
const BREAKS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

function oneLine(message: unknown): string {
  return messageOf(message).replace(ADDRESS, '$1…').replace(BREAKS, ' ');
}
