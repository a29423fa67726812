import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from 'markdown-table';
import type { TopLevelSpec } from 'vega-lite';
import { ROWS } from './lines.js';
import { describeMachine } from './machine.js';
import { draw } from './plots.js';
import type { Results } from './run.js';
import { alternativesTable, table } from './table.js';

/** The tables, to be read in a terminal and in Markdown. */
export function report({ machine, rounds, outcomes }: Results): string {
  const lines = outcomes.flatMap((outcome) => outcome.lines);
  lines.sort((a, b) => ROWS.indexOf(a.row) - ROWS.indexOf(b.row));
  const alternatives = outcomes.flatMap((outcome) => outcome.alternatives ?? []);
  const head = `${describeMachine(machine)}. Medians (and ranges) of ${rounds} rounds.`;
  const parts = [head, table(lines)];
  if (alternatives.length > 0) parts.push('Alternatives:', alternativesTable(alternatives));
  for (const { title, table } of outcomes.flatMap(({ details = [] }) => details)) {
    parts.push(title, markdownTable(table.map((row) => [...row])));
  }
  return parts.join('\n\n');
}

/** Writes `results.json`, `table.md` and the plots. */
export async function writeResults(folder: string, results: Results): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { outcomes, ...others } = results;
  const scenarios = outcomes.map(({ plots, details, ...rest }) => rest);
  await writeFile(join(folder, 'results.json'), `${JSON.stringify({ ...others, scenarios }, null, 2)}\n`);
  await writeFile(join(folder, 'table.md'), `${report(results)}\n`);
  for (const { plots = {} } of outcomes) await writePlots(folder, plots);
}

async function writePlots(folder: string, plots: Readonly<Record<string, TopLevelSpec>>): Promise<void> {
  for (const [name, spec] of Object.entries(plots)) {
    await writeFile(join(folder, `${name}.svg`), await draw(spec));
  }
}
