import { markdownTable } from 'markdown-table';
import { type CheckResult, hasDrift } from './checker/checker.js';
import { GUARDS } from './guards/guards.js';
import { FAULTS } from './nemesis/faults.js';
import type { Result, RoundResult } from './run.js';

/** The result of a run, as lines of text. */
export function report(result: Result): string {
  return [faultTable(result), '', totals(result), ...problems(result), '', verdict(result)].join('\n');
}

/** Whether the run went as it must: without drift, or with drift if a guard was removed. */
export function succeeded({ drift, without, problems }: Result): boolean {
  return drift === (without !== undefined) && problems.length === 0;
}

function faultTable({ rounds }: Result): string {
  const rows = FAULTS.flatMap((fault) => {
    const met = rounds.filter(({ round }) => round.counts[fault]);
    if (met.length === 0) return [];
    const planned = met.reduce((sum, { round }) => sum + (round.counts[fault] ?? 0), 0);
    const fired = met.reduce((sum, round) => sum + (round.fired[fault] ?? 0), 0);
    return [[fault, String(planned), String(fired), driftOf(met)]];
  });
  return markdownTable([['fault', 'planned', 'fired', 'drift'], ...rows], { align: ['l', 'r', 'r', 'r'] });
}

/** Drift is that of the whole run, so the last round has it all. */
function driftOf(rounds: readonly RoundResult[]): string {
  const last = rounds.at(-1)?.check;
  return last === undefined || !hasDrift(last) ? '0' : units(last);
}

function units({ excess, lost }: CheckResult): string {
  return `+${excess} −${lost}`;
}

function totals({ rounds, seed }: Result): string {
  const last = rounds.at(-1);
  if (last === undefined) return '';
  const { outcomes, check } = last;
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0);
  return [
    `increments: ${outcomes.acknowledged} acknowledged, ${outcomes.unknown} of unknown outcome, ${outcomes.refused} refused`,
    `found: ${check.rows} rows, ${check.batches} batches, ${check.deadLetters} dead letters`,
    `drift: ${units(check)} units; ${check.wrongMaxima} wrong maxima; ${check.appliedTwice} batches applied twice`,
    `${seconds} s, seed ${seed}`,
  ].join('\n');
}

function problems({ rounds, problems, notes }: Result): string[] {
  const findings = rounds.flatMap(({ check }) => check.findings);
  return [...notes, ...problems, ...findings].map((line) => `! ${line}`);
}

function verdict(result: Result): string {
  const { without, drift } = result;
  const how = succeeded(result) ? 'as expected' : 'NOT as expected';
  if (without === undefined) return `${drift ? 'Drift' : 'No drift'}: ${how}.`;
  return `Without the ${without} (${GUARDS[without].about}): ${drift ? 'drift' : 'no drift'}, ${how}.`;
}
