import { markdownTable } from 'markdown-table';
import type { Replayed } from './replay.js';
import type { Rows, Totals } from './totals.js';

const BUSIEST = 8;

/** What was done, as a table. */
export function describeRun(flights: number, run: Replayed): string {
  const rows = [
    ['replay', ''],
    ['flights', number(flights)],
    ['increments', number(run.increments)],
    ['merged in this process', number(run.merged)],
    ['batches', number(run.batches)],
    ['row updates', number(run.rowUpdates)],
    ['seconds', run.seconds.toFixed(1)],
    ['increments/s', number(Math.round(run.increments / run.seconds))],
  ];
  return markdownTable(rows, { align: ['l', 'r'] });
}

/** The airports with the most flights, as a table. */
export function describeAirports(rows: Rows): string {
  const airports = [...rows].filter(([name]) => !name.includes('-'));
  airports.sort(([, a], [, b]) => b.flights - a.flights);
  const lines = [
    ['airport', 'flights', 'mean delay', 'miles', 'last departure'],
    ...airports.slice(0, BUSIEST).map(airportRow),
  ];
  return markdownTable(lines, { align: ['l', 'r', 'r', 'r', 'r'] });
}

function airportRow([name, { flights, delay, miles, lastDeparture }]: [string, Totals]): string[] {
  const departure = lastDeparture.toISOString().slice(0, 16).replace('T', ' ');
  return [name, number(flights), `${(delay / flights).toFixed(1)} min`, number(miles), departure];
}

function number(value: number): string {
  return value.toLocaleString('en');
}
