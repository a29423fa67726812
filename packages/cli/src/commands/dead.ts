import type { Buffer, DeadLetter } from '@sluice/core';
import { type Selection, select } from '../dead-letters.js';
import { EXIT, type ExitCode, UsageError } from '../exit-code.js';
import { counted } from '../format/amount.js';
import { columnsText, extraText, filtersText } from '../format/entry.js';
import { printable } from '../format/printable.js';
import { shortened } from '../format/shortened.js';
import { type Column, table } from '../format/table.js';
import { withBuffer } from '../server.js';
import type { Session } from '../session.js';

export interface ListOptions extends Omit<Selection, 'ids'> {
  readonly limit: number;
}

export interface ActOptions extends ListOptions {
  /** Whether no selection means all of them. */
  readonly all?: boolean;
  /** Whether not to ask. */
  readonly yes?: boolean;
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'id', cell: ({ id }) => printable(id) },
  { title: 'since', cell: ({ buriedAt }) => timeText(buriedAt) },
  { title: 'target', cell: (letter) => shortened(targetText(letter)) },
  { title: 'counts', cell: ({ entry }) => shortened(columnsText(entry?.columns ?? {})) },
  { title: 'reason', cell: ({ reason }) => printable(reason) },
];

export async function listDead(session: Session, { limit, ...selection }: ListOptions): Promise<ExitCode> {
  return withBuffer(session, async (buffer) => {
    const letters = await select(buffer, { ids: [], ...selection }, limit);
    if (session.isJson) for (const letter of letters) session.printJson(letter);
    else if (letters.length === 0) session.print('There are no such dead letters.');
    else session.print(table(COLUMNS, letters, session.width));
    if (!session.isJson && letters.length === limit)
      session.print(`There may be more: see --limit (${limit}).`);
    return EXIT.fine;
  });
}

export async function showDead(session: Session, id: string): Promise<ExitCode> {
  return withBuffer(session, async (buffer) => {
    const [letter] = await select(buffer, { ids: [id] }, 1);
    if (letter === undefined) {
      session.fail(`There is no dead letter ${printable(id)}. \`sluice dead list\` has the ids.`);
      return EXIT.wrong;
    }
    if (session.isJson) session.printJson(letter);
    else session.print(table(DETAILS, detailsOf(letter), session.width));
    return EXIT.fine;
  });
}

const DETAILS: readonly Column<readonly [string, string]>[] = [
  { title: '', cell: ([name]) => name },
  { title: '', cell: ([, value]) => value },
];

function detailsOf(letter: DeadLetter): [string, string][] {
  const { id, partition, entry, reason, attempts, buriedAt } = letter;
  return [
    ['id', printable(id)],
    ['partition', String(partition)],
    ['target', targetText(letter)],
    ['counts', columnsText(entry?.columns ?? {})],
    ['extra', extraText(entry?.extra ?? {})],
    ['first counted', entry === undefined ? '' : timeText(entry.firstAt)],
    ['dead since', timeText(buriedAt)],
    ['deliveries', String(attempts)],
    ['reason', printable(reason)],
  ];
}

/** Makes dead letters pending again. */
export function redriveDead(
  session: Session,
  ids: readonly string[],
  options: ActOptions,
): Promise<ExitCode> {
  return act(session, ids, options, async (buffer, letters) => {
    const done = await buffer.deadLetters.redrive(letters.map(({ id }) => id));
    const stay = letters.length - done;
    if (session.isJson) session.printJson({ redriven: done, stay });
    else {
      session.print(`${counted(done, 'dead letter')} pending again.`);
      if (stay > 0)
        session.print(`${stay} stay: they are unreadable, would overflow, or were taken meanwhile.`);
    }
    return stay === 0 ? EXIT.fine : EXIT.wrong;
  });
}

/** Deletes dead letters. */
export function discardDead(
  session: Session,
  ids: readonly string[],
  options: ActOptions,
): Promise<ExitCode> {
  const { ask } = session.world;
  if (!options.yes && ask === undefined) {
    throw new UsageError('Nobody can be asked here whether to discard for good. Add --yes if that is meant.');
  }
  return act(session, ids, options, async (buffer, letters) => {
    if (letters.length > 0 && !options.yes && !(await isMeant(session, letters))) {
      session.note('Nothing was discarded.');
      return EXIT.wrong;
    }
    const done = await buffer.deadLetters.discard(letters.map(({ id }) => id));
    if (session.isJson) session.printJson({ discarded: done });
    else session.print(`${counted(done, 'dead letter')} discarded.`);
    return EXIT.fine;
  });
}

async function isMeant({ world }: Session, letters: readonly DeadLetter[]): Promise<boolean> {
  const what = `Discard ${counted(letters.length, 'dead letter')} for good? What they counted is lost. [y/N] `;
  return /^y(es)?$/i.test(((await world.ask?.(what)) ?? '').trim());
}

async function act(
  session: Session,
  ids: readonly string[],
  { limit, all, yes: _, ...selection }: ActOptions,
  task: (buffer: Buffer, letters: readonly DeadLetter[]) => Promise<ExitCode>,
): Promise<ExitCode> {
  const isSelected = ids.length > 0 || Object.values(selection).some((value) => value !== undefined);
  if (isSelected === (all === true)) {
    throw new UsageError('Say which: ids, --partition, --model or --reason; or all of them with --all.');
  }
  return withBuffer(session, async (buffer) => {
    const letters = await select(buffer, { ids, ...selection }, limit);
    const code = await task(buffer, letters);
    if (letters.length === limit)
      session.note(`No more than ${limit} at a time (--limit): there may be others.`);
    const missing = ids.filter((id) => !letters.some((letter) => letter.id === id));
    if (missing.length === 0 || letters.length === limit) return code;
    session.fail(`No such dead letters: ${printable(missing.join(', '))}.`);
    return EXIT.wrong;
  });
}

function targetText({ entry }: DeadLetter): string {
  if (entry === undefined) return 'unreadable';
  return `${printable(entry.model)} ${filtersText(entry.filters)}${entry.signalOnly ? ' (signal only)' : ''}`;
}

function timeText(time: Date): string {
  return time.toISOString().replace('T', ' ').slice(0, 19);
}
