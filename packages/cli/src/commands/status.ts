import type { BufferStats, PartitionStats } from '@sluice/core';
import { EXIT, type ExitCode } from '../exit-code.js';
import { amount, counted } from '../format/amount.js';
import { batchText, failureText, inFlightText } from '../format/batch.js';
import { duration } from '../format/duration.js';
import { printable } from '../format/printable.js';
import { type Column, table } from '../format/table.js';
import { unavailableJson, unavailableText } from '../format/unavailable.js';
import { withBuffer } from '../server.js';
import type { Session } from '../session.js';

/** Shows every partition, with what waits in it, and what its batch is at. */
export async function status(session: Session): Promise<ExitCode> {
  const stats = await withBuffer(session, (buffer) => buffer.stats());
  if (session.isJson) session.printJson(serverStats(stats));
  else {
    if (stats.partitions.length > 0)
      session.print(table(columnsOf(stats, session), stats.partitions, session.width));
    session.print(summary(stats));
  }
  return stats.unavailable.length > 0 ? EXIT.wrong : EXIT.fine;
}

/** Without what is only true of this process. */
export function serverStats({ held: _, dropped: __, unavailable, ...stats }: BufferStats): object {
  return { ...stats, unavailable: unavailable.map(unavailableJson) };
}

/** The totals, and below them what they lack. */
export function summary(stats: BufferStats): string {
  return [totals(stats), unavailableText(stats)].filter((line) => line !== '').join('\n');
}

function totals({ partitions, unavailable, pending, claimed, dead, oldestPendingMs }: BufferStats): string {
  if (partitions.length + unavailable.length === 0)
    return 'Nobody has counted here yet. Is the prefix right (?prefix= in the URL)?';
  const oldest = oldestPendingMs > 0 ? `, the oldest for ${duration(oldestPendingMs)}` : '';
  return `${counted(partitions.length, 'partition')}: ${amount(pending)} pending, ${amount(claimed)} in flight${oldest}; ${counted(dead, 'dead letter')}`;
}

export function columnsOf({ partitions }: BufferStats, { colors }: Session): Column<PartitionStats>[] {
  const hasNodes = partitions.some(({ node }) => node !== undefined);
  return [
    { title: 'partition', align: 'right', cell: ({ partition }) => String(partition) },
    ...(hasNodes ? [{ title: 'node', cell: ({ node }: PartitionStats) => printable(node ?? '') }] : []),
    { title: 'pending', align: 'right', cell: ({ pending }) => amount(pending) },
    { title: 'oldest', align: 'right', cell: ({ oldestPendingMs: ms }) => (ms > 0 ? duration(ms) : '') },
    {
      title: 'dead',
      align: 'right',
      cell: ({ dead }) => (dead > 0 ? colors.red(amount(dead)) : '0'),
    },
    { title: 'in flight', align: 'right', cell: inFlightText },
    { title: 'attempts', align: 'right', cell: ({ batch }) => String(batch?.attempt ?? '') },
    { title: 'batch', cell: batchText },
    { title: 'last error', cell: ({ batch }) => colors.yellow(failureText(batch)) },
  ];
}
