import type { State } from '../wire.js';
import { byId, el } from './dom.js';
import { count, duration } from './format.js';

/** The numbers on top of the page. */
export function showTotals({ snapshot, health }: State): void {
  const totals: readonly (readonly [name: string, value: string, isBad: boolean])[] = [
    ['Pending', snapshot ? count(snapshot.pending) : '–', false],
    ['In batches', snapshot ? count(snapshot.claimed) : '–', false],
    ['Oldest', snapshot ? duration(snapshot.oldestMs) : '–', false],
    ['Dead letters', snapshot ? count(snapshot.dead) : '–', (snapshot?.dead ?? 0) > 0],
    ['Held in this process', count(health.held), false],
    ['Dropped by this process', count(health.dropped), health.dropped > 0],
  ];
  byId('totals').replaceChildren(
    ...totals.map(([name, value, isBad]) =>
      el('div', { class: isBad ? 'bad' : undefined }, el('dt', {}, name), el('dd', {}, value)),
    ),
  );
}
