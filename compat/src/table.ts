import type { Line } from './group.js';

export interface Result {
  readonly line: Line;
  readonly seconds: number;
  /** What ran, or why it failed. */
  readonly outcome: string | Error;
}

/** Prints a line's row as soon as it is known. */
export function printRow({ line, seconds, outcome }: Result, width: number): void {
  const failed = outcome instanceof Error;
  const time = `${seconds.toFixed(1).padStart(6)} s`;
  const ran = failed ? '' : `  ${summary(outcome)}`;
  console.log(`${line.name.padEnd(width)}  ${failed ? 'FAILED' : 'ok    '}  ${time}${ran}`);
}

/** The programs in work/ print the names of their steps. */
function summary(outcome: string): string {
  const steps = outcome.trim().split(', ').length;
  return steps > 3 ? `${steps} steps` : outcome.trim();
}

/** Prints why the lines failed that did. */
export function printFailures(results: readonly Result[]): void {
  for (const { line, outcome } of results) {
    if (outcome instanceof Error) console.error(`\n${line.name}\n${shorten(outcome.message)}`);
  }
}

const LONGEST = 4000;

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\n…`;
}
