import { markdownTable } from 'markdown-table';
import type { Result } from './fuzz.js';

/** The table of a campaign, and below it the inputs that broke a promise. */
export function report(results: readonly Result[]): string {
  const rows = results.map(({ name, runs, seconds, failure }) => [
    name,
    `${runs}`,
    seconds.toFixed(1),
    failure === undefined ? 'kept' : 'BROKEN',
  ]);
  const table = markdownTable([['target', 'inputs', 'seconds', 'promises'], ...rows], {
    align: ['l', 'r', 'r', 'l'],
  });
  const failures = results.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`! ${name}: ${failure}`],
  );
  return [table, ...failures].join('\n\n');
}
