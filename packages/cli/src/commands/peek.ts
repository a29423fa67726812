import type { HeldEntry } from '@sluice/core';
import { EXIT, type ExitCode } from '../exit-code.js';
import { columnsText, extraText } from '../format/entry.js';
import { type Column, table } from '../format/table.js';
import { withBuffer } from '../server.js';
import type { Session } from '../session.js';
import { filtersOf } from '../target.js';

const COLUMNS: readonly Column<HeldEntry>[] = [
  { title: 'partition', align: 'right', cell: ({ partition }) => String(partition) },
  {
    title: 'where',
    cell: ({ isClaimed, entry }) =>
      `${isClaimed ? 'in flight' : 'pending'}${entry.signalOnly ? ', signal only' : ''}`,
  },
  { title: 'counts', cell: ({ entry }) => columnsText(entry.columns) },
  { title: 'extra', cell: ({ entry }) => extraText(entry.extra) },
];

/** Shows what is held for one target. */
export async function peek(session: Session, model: string, words: readonly string[]): Promise<ExitCode> {
  const filters = filtersOf(words);
  const held = await withBuffer(session, (buffer) => buffer.peek(model, filters));
  if (session.isJson) session.printJson(held);
  else if (held.length > 0) session.print(table(COLUMNS, held, session.width));
  else {
    session.print('Nothing is pending or in flight for this target.');
    if (Object.values(filters).some((value) => typeof value === 'string' && /^-?\d+$/.test(value)))
      session.print(`A number and a text of digits are two targets. For the number: '{"id":3}'.`);
  }
  return EXIT.fine;
}
