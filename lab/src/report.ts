import { FAULTS } from './faults.js';
import { GUARDS } from './guards.js';
import type { Result, RoundResult } from './laboratory.js';
import type { Balance } from './verify.js';
import { drifts } from './verify.js';

/** The outcome of a run, as lines of text. */
export function report(result: Result): string {
  return [faultTable(result), '', sums(result), ...problems(result), '', verdict(result)].join('\n');
}

/** Whether the run went as it must: without drift, or with it if a guard was taken away. */
export function succeeded({ drift, without, problems }: Result): boolean {
  return without === undefined ? !drift && problems.length === 0 : drift;
}

function faultTable({ rounds }: Result): string {
  const rows = FAULTS.flatMap((fault) => {
    const met = rounds.filter(({ round }) => round.counts[fault]);
    if (met.length === 0) return [];
    const planned = met.reduce((sum, { round }) => sum + (round.counts[fault] ?? 0), 0);
    const fired = met.reduce((sum, round) => sum + (round.fired[fault] ?? 0), 0);
    return [[fault, String(planned), String(fired), driftOf(met)]];
  });
  return table([['fault', 'planned', 'fired', 'drift'], ...rows]);
}

/** The sums are over the whole run, so the last round has them all. */
function driftOf(rounds: readonly RoundResult[]): string {
  const last = rounds.at(-1)?.balance;
  return last === undefined || !drifts(last) ? '0' : amount(last);
}

function amount({ tooMuch, lost }: Balance): string {
  return `+${tooMuch} −${lost}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

function sums({ rounds, seed }: Result): string {
  const last = rounds.at(-1);
  if (last === undefined) return '';
  const { fates, balance } = last;
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0);
  return [
    `increments: ${fates.acknowledged} acknowledged, ${fates.unknown} of unknown fate, ${fates.refused} refused`,
    `found: ${balance.rows} rows, ${balance.batches} batches, ${balance.deadLetters} dead letters`,
    `drift: ${amount(balance)} units; ${balance.wrongMaxima} wrong maxima; ${balance.appliedTwice} batches applied twice`,
    `${seconds} s, seed ${seed}`,
  ].join('\n');
}

function problems({ rounds, problems }: Result): string[] {
  const findings = rounds.flatMap(({ balance }) => balance.findings);
  return [...problems, ...findings].map((problem) => `! ${problem}`);
}

function verdict(result: Result): string {
  const { without, drift } = result;
  const went = succeeded(result) ? 'as expected' : 'NOT as expected';
  if (without === undefined) return `${drift ? 'Drift' : 'No drift'}: ${went}.`;
  return `Without the ${without} (${GUARDS[without].about}): ${drift ? 'drift' : 'no drift'}, ${went}.`;
}
