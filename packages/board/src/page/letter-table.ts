import type { DeadEntry, DeadLetter, Filter } from '../wire.js';
import { button, el, stranger } from './dom.js';
import { count, dateOf } from './format.js';

const HEADINGS = ['Target', 'Increments', 'Reason', 'Buried', 'Partition', 'Attempts'];

/** A page of dead letters, of which some may be selected. */
export class LetterTable {
  readonly root = el('div', {});
  readonly #onTarget: (entry: DeadEntry) => void;
  readonly #onSelect: () => void;
  readonly #selected = new Set<string>();
  #letters: readonly DeadLetter[] = [];
  #isSelectable = false;

  constructor(onTarget: (entry: DeadEntry) => void, onSelect: () => void) {
    this.#onTarget = onTarget;
    this.#onSelect = onSelect;
  }

  get selected(): readonly string[] {
    return [...this.#selected];
  }

  get isEmpty(): boolean {
    return this.#letters.length === 0;
  }

  /** There is something to do with those that are selected. */
  allowSelection(): void {
    this.#isSelectable = true;
    this.show(this.#letters);
  }

  show(letters: readonly DeadLetter[]): void {
    this.#letters = letters;
    this.#selected.clear();
    this.root.replaceChildren(...(letters.length === 0 ? [] : [this.#table()]));
  }

  #table(): HTMLElement {
    const boxes = this.#letters.map(({ id }, index) => this.#box(id, index));
    const all = el('input', { type: 'checkbox' });
    all.addEventListener('change', () => {
      for (const [index, box] of boxes.entries()) {
        box.checked = all.checked;
        this.#select(this.#letters[index]?.id ?? '', all.checked);
      }
      this.#onSelect();
    });
    const head = HEADINGS.map((name) => el('th', { scope: 'col' }, name));
    const select = this.#isSelectable
      ? [el('th', { class: 'box' }, el('label', {}, all, el('span', {}, 'Select all on this page')))]
      : [];
    const rows = this.#letters.map((letter, index) => this.#row(letter, boxes[index]));
    return el(
      'table',
      { class: 'cards letters', 'aria-labelledby': 'letters-heading' },
      el('thead', {}, el('tr', {}, select, head)),
      el('tbody', {}, rows),
    );
  }

  #box(id: string, index: number): HTMLInputElement {
    const box = el('input', { type: 'checkbox', 'aria-label': `Select dead letter ${index + 1}` });
    box.addEventListener('change', () => {
      this.#select(id, box.checked);
      this.#onSelect();
    });
    return box;
  }

  #select(id: string, isSelected: boolean): void {
    if (isSelected) this.#selected.add(id);
    else this.#selected.delete(id);
  }

  #row(letter: DeadLetter, box: HTMLElement | undefined): HTMLElement {
    const { entry, reason, buriedAt, partition, attempts } = letter;
    const contents: readonly (readonly (Node | string)[])[] = [
      entry === undefined ? ['unreadable'] : this.#target(entry),
      entry === undefined ? ['–'] : increments(entry),
      [stranger(reason)],
      [dateOf(buriedAt)],
      [String(partition)],
      [count(attempts)],
    ];
    const cells = contents.map((content, index) =>
      el(
        'td',
        { 'data-label': HEADINGS[index], class: index < 3 ? 'long' : undefined },
        el('div', {}, content),
      ),
    );
    return el('tr', {}, this.#isSelectable && box ? el('td', { class: 'box' }, box) : undefined, cells);
  }

  #target(entry: DeadEntry): HTMLElement[] {
    const filters = entry.filters.map((filter) =>
      el('span', { class: 'part' }, stranger(filter.name), ' = ', stranger(textOf(filter))),
    );
    const mark = entry.signalOnly ? [el('i', { class: 'part' }, 'signal only')] : [];
    const look = entry.signalOnly
      ? []
      : [
          button('Look up', () => this.#onTarget(entry), {
            class: 'link',
            title: 'What is pending of this target',
          }),
        ];
    return [el('b', { class: 'part' }, stranger(entry.model)), ...mark, ...filters, ...look];
  }
}

function textOf({ type, value }: Filter): string {
  if (type === 'text') return JSON.stringify(value);
  return type === 'null' ? 'null' : type === 'bigint' ? `${value}n` : value;
}

function increments({ columns, extra }: DeadEntry): HTMLElement[] {
  const sums = columns.map(([name, sum]) =>
    el('div', {}, stranger(name), ` ${sum > 0 ? '+' : ''}${count(sum)}`),
  );
  return extra === '' ? sums : [...sums, el('div', { class: 'extra' }, stranger(extra))];
}
