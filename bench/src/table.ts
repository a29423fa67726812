import { markdownTable } from 'markdown-table';
import { formatNumber, formatSpread } from './format.js';
import type { Goal, Line } from './lines.js';

const HEADER = ['row', 'workload', 'Sluice', 'peer', 'its figure', 'ratio'];

/** The lines with goals, and those that only inform. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map((line) => [...cellsOf(line), ...goalOf(line)]);
  return markdownTable([[...HEADER, 'goal', 'met'], ...rows]);
}

/** Comparisons without goals. */
export function alternativesTable(lines: readonly Line[]): string {
  return markdownTable([HEADER, ...lines.map(cellsOf)]);
}

function cellsOf({ row, workload, unit, sluice, peer, ratio }: Line): string[] {
  return [
    row,
    workload,
    formatSpread(sluice, unit),
    peer?.name ?? '–',
    peer ? formatSpread(peer.figure, unit) : '–',
    ratio ? formatSpread(ratio, '×') : '–',
  ];
}

function goalOf({ goal, ratio, unit, met }: Line): string[] {
  if (goal === undefined) return ['–', '–'];
  return [describeGoal(goal, ratio ? '×' : unit), met ? 'met' : 'MISSED'];
}

function describeGoal(goal: Goal, unit: string): string {
  return 'atLeast' in goal
    ? `≥ ${formatNumber(goal.atLeast)} ${unit}`
    : `≤ ${formatNumber(goal.atMost)} ${unit}`;
}
