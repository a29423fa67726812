import type { Batch, Partition } from '../wire.js';
import { byId, el, stranger } from './dom.js';
import { count, duration, plural } from './format.js';

/** Rows that are shown, at most: failing batches first, then the oldest. */
const MOST_ROWS = 20;

type Cell = readonly (Node | string)[];

type Row = Partition & { readonly batch: Batch };

export function showBatches(partitions: readonly Partition[]): void {
  const root = byId('batches');
  if (isBeingSelected(root)) return;
  const rows = partitions.filter((each): each is Row => each.batch !== undefined).sort(byUrgency);
  if (rows.length === 0) {
    root.replaceChildren(el('p', { class: 'faint' }, 'None.'));
    return;
  }
  const failing = rows.filter(({ batch }) => batch.lastError !== undefined).length;
  const more = rows.length > MOST_ROWS ? `, of which ${MOST_ROWS} are shown` : '';
  root.replaceChildren(
    el(
      'p',
      { class: 'faint' },
      `${plural(rows.length, 'batch', 'batches')}, ${count(failing)} failing${more}.`,
    ),
    tableOf(rows.slice(0, MOST_ROWS)),
  );
}

/** Somebody who copies an error must not lose it to the next update. */
function isBeingSelected(root: HTMLElement): boolean {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && root.contains(selection.anchorNode);
}

function byUrgency(a: Row, b: Row): number {
  const failing = (b.batch.failingForMs ?? -1) - (a.batch.failingForMs ?? -1);
  return failing === 0 ? b.batch.ageMs - a.batch.ageMs : failing;
}

const HEADINGS = ['Partition', 'Entries', 'Age', 'Attempt', 'State', 'Held by', 'Last error'];

function tableOf(rows: readonly Row[]): HTMLElement {
  const head = el(
    'tr',
    {},
    HEADINGS.map((name) => el('th', { scope: 'col' }, name)),
  );
  return el(
    'table',
    { class: 'cards', 'aria-labelledby': 'batches-heading' },
    el('thead', {}, head),
    el('tbody', {}, rows.map(rowOf)),
  );
}

function rowOf({ partition, claimed, batch }: Row): HTMLElement {
  const { ageMs, attempt, lastError, failingForMs } = batch;
  const error: Cell =
    lastError === undefined
      ? ['–']
      : [el('b', {}, `For ${duration(failingForMs ?? 0)}: `), stranger(lastError)];
  const cells = [String(partition), count(claimed), duration(ageMs), count(attempt), stateOf(batch)];
  return el(
    'tr',
    { class: lastError === undefined ? undefined : 'failing' },
    cells.map((text, index) => el('td', { 'data-label': HEADINGS[index] }, text)),
    [holderOf(batch), error].map((long, index) =>
      el('td', { 'data-label': HEADINGS[cells.length + index], class: 'long' }, el('div', {}, long)),
    ),
  );
}

/** Which worker has a batch, and since when. */
function holderOf({ worker, leasedForMs = 0 }: Batch): Cell {
  return worker === undefined ? ['–'] : [stranger(worker), ` for ${duration(leasedForMs)}`];
}

/** Whether a batch is leased, or when it is due. */
export function stateOf({ isLeased, dueInMs }: Batch): string {
  if (isLeased) return `Leased, ${duration(dueInMs)} left`;
  return dueInMs > 0 ? `Waits, due in ${duration(dueInMs)}` : 'Due';
}
