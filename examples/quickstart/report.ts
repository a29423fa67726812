import type { Replayed } from './replay.js';
import type { Rows, Totals } from './totals.js';

const BUSIEST = 8;

/** What was done, as a table. */
export function describeRun(flights: number, run: Replayed): string {
  return table([
    ['flights', number(flights)],
    ['increments', number(run.increments)],
    ['merged in this process', number(run.merged)],
    ['batches', number(run.batches)],
    ['row updates', number(run.rowUpdates)],
    ['seconds', run.seconds.toFixed(1)],
    ['increments/s', number(Math.round(run.increments / run.seconds))],
  ]);
}

/** The airports with the most flights, as a table. */
export function describeAirports(rows: Rows): string {
  const airports = [...rows].filter(([name]) => !name.includes('-'));
  airports.sort(([, a], [, b]) => b.flights - a.flights);
  return table([
    ['airport', 'flights', 'mean delay', 'miles', 'last departure'],
    ...airports.slice(0, BUSIEST).map(airportLine),
  ]);
}

function airportLine([name, { flights, delay, miles, lastDeparture }]: [string, Totals]): string[] {
  const departure = lastDeparture.toISOString().slice(0, 16).replace('T', ' ');
  return [name, number(flights), `${(delay / flights).toFixed(1)} min`, number(miles), departure];
}

function number(value: number): string {
  return value.toLocaleString('en');
}

/** Lines of cells: the first column to the left, the others to the right. */
function table(lines: readonly (readonly string[])[]): string {
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => `  ${line.map(pad).join('   ')}`).join('\n');
}
