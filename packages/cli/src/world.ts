import { createInterface } from 'node:readline/promises';
import type { Clock } from '@sluice/core';
import { systemClock } from '@sluice/core/backend';

/** All that a command touches apart from servers; tests have one of their own. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths begin at. */
  readonly folder: string;
  readonly clock: Clock;
  /** Whether people read the output. */
  readonly isTerminal: boolean;
  size(): { readonly columns: number; readonly rows: number };
  out(text: string): void;
  err(text: string): void;
  /** Left out where nobody can reply. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** The world of a process. */
export function processWorld(): World {
  const { stdin, stdout, stderr, env } = process;
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stopping.abort();
      // The second time ends the process, whatever it is doing.
      process.once(signal, () => process.exit(130));
    });
  }
  // Who read has gone, as `head` does: what is under way ends in good order all the same.
  for (const stream of [stdout, stderr]) stream.on('error', () => stopping.abort());
  return {
    env,
    folder: process.cwd(),
    clock: systemClock,
    isTerminal: stdout.isTTY === true,
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    ...(stdin.isTTY === true && stderr.isTTY === true && { ask }),
    signal: stopping.signal,
  };
}

/** The reply; an empty one if the user would rather stop, by Ctrl-C or Ctrl-D. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const stopping = new AbortController();
  for (const event of ['SIGINT', 'close']) lines.once(event, () => stopping.abort());
  try {
    return await lines.question(question, { signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) return '';
    throw error;
  } finally {
    lines.close();
  }
}
