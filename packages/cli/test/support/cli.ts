import { fileURLToPath } from 'node:url';
import type { Clock } from '@sluice/core';
import { systemClock } from '@sluice/core/backend';
import type { ExitCode } from '../../src/exit-code.js';
import { run } from '../../src/run.js';
import type { World } from '../../src/world.js';

/** The built program. */
export const BIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** How a test runs the program. */
export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** A terminal of this size; by default the output is a pipe. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** What the user replies. */
  readonly reply?: string;
  readonly signal?: AbortSignal;
  /** Called with what is printed. */
  readonly onOut?: (text: string) => void;
}

export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  /** The questions that were asked. */
  readonly asked: readonly string[];
  /** The lines of `out` as JSON. */
  json(): unknown[];
}

/** Runs the program in this process. */
export async function cli(args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { env = {}, clock = systemClock, terminal, reply, signal, onOut } = setting;
  let out = '';
  let err = '';
  const asked: string[] = [];
  const world: World = {
    env,
    folder: import.meta.dirname,
    clock,
    isTerminal: terminal !== undefined,
    size: () => terminal ?? { columns: 80, rows: 24 },
    out: (text) => {
      out += text;
      onOut?.(text);
    },
    err: (text) => {
      err += text;
    },
    ...(reply !== undefined && {
      ask: async (question: string) => {
        asked.push(question);
        return reply;
      },
    }),
    signal: signal ?? new AbortController().signal,
  };
  const code = await run(args, world);
  const json = (): unknown[] =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  return { code, out, err, asked, json };
}
