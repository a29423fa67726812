import type { Partition } from '../wire.js';
import { stateOf } from './batches.js';
import { button, byId, el } from './dom.js';
import { compact, count, duration, plural, shortDuration } from './format.js';

/** What the cells are shaded by. */
interface Measure {
  readonly name: string;
  readonly valueOf: (partition: Partition) => number;
  readonly short: (value: number) => string;
}

const MEASURES: readonly Measure[] = [
  { name: 'Pending', valueOf: ({ pending }) => pending, short: compact },
  {
    name: 'Age',
    valueOf: ({ oldestMs }) => oldestMs,
    short: shortDuration,
  },
  { name: 'Dead letters', valueOf: ({ dead }) => dead, short: compact },
];

const LEVELS = 5;
/** With more partitions than these, cells have no text. */
const MOST_WITH_TEXT = 256;

/** A cell a partition. It is one stop of the Tab key; arrows move in it. */
export class Heat {
  readonly #root = byId('heat');
  readonly #cells = new Map<number, HTMLButtonElement>();
  readonly #onLetters: (partition: number) => void;
  #partitions: readonly Partition[] = [];
  #measure = MEASURES[0] as Measure;
  #selected: number | undefined;
  #focused = 0;

  /** @param onLetters shows the dead letters of a partition */
  constructor(onLetters: (partition: number) => void) {
    this.#onLetters = onLetters;
    byId('measures').replaceChildren(...MEASURES.map((measure) => this.#choice(measure)));
    this.#root.addEventListener('keydown', (event) => this.#move(event));
  }

  show(partitions: readonly Partition[]): void {
    this.#partitions = partitions;
    this.#draw();
  }

  #choice(measure: Measure): HTMLElement {
    const input = el('input', { type: 'radio', name: 'measure', checked: measure === this.#measure });
    input.addEventListener('change', () => {
      this.#measure = measure;
      this.#draw();
    });
    return el('label', {}, input, measure.name);
  }

  #draw(): void {
    const known = new Set(this.#partitions.map(({ partition }) => partition));
    for (const [partition, cell] of this.#cells) {
      if (!known.has(partition)) {
        cell.remove();
        this.#cells.delete(partition);
      }
    }
    this.#root.classList.toggle('dense', this.#partitions.length > MOST_WITH_TEXT);
    const most = Math.max(1, ...this.#partitions.map((each) => this.#measure.valueOf(each)));
    for (const [index, partition] of this.#partitions.entries()) {
      const cell = this.#cellOf(partition.partition, index);
      this.#fill(cell, partition, most);
      cell.tabIndex = index === this.#focused ? 0 : -1;
    }
    if (this.#partitions.length === 0)
      this.#root.replaceChildren(el('p', { class: 'faint' }, 'Nothing was counted yet.'));
    this.#detail();
  }

  #cellOf(partition: number, index: number): HTMLButtonElement {
    const found = this.#cells.get(partition);
    if (found !== undefined) return found;
    if (this.#cells.size === 0) this.#root.replaceChildren();
    const cell = button('', () => this.#select(partition), { class: 'cell' });
    cell.append(el('b'), el('span'));
    this.#cells.set(partition, cell);
    this.#root.insertBefore(cell, this.#root.children[index] ?? null);
    return cell;
  }

  #fill(cell: HTMLButtonElement, partition: Partition, most: number): void {
    const value = this.#measure.valueOf(partition);
    const isFailing = partition.batch?.lastError !== undefined;
    cell.dataset.level = String(
      value === 0 ? 0 : Math.max(1, Math.ceil((LEVELS * Math.log1p(value)) / Math.log1p(most))),
    );
    cell.classList.toggle('failing', isFailing);
    cell.setAttribute('aria-pressed', String(partition.partition === this.#selected));
    const text = describe(partition);
    cell.setAttribute('aria-label', text);
    cell.title = text;
    const [number, shown] = cell.children as unknown as readonly HTMLElement[];
    if (number) number.textContent = `${partition.partition}${isFailing ? ' !' : ''}`;
    if (shown) shown.textContent = this.#measure.short(value);
  }

  #select(partition: number): void {
    this.#selected = this.#selected === partition ? undefined : partition;
    this.#focused = Math.max(
      0,
      this.#partitions.findIndex((each) => each.partition === partition),
    );
    this.#draw();
  }

  #move(event: KeyboardEvent): void {
    const columns = this.#columns();
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -this.#focused,
      End: this.#partitions.length - 1 - this.#focused,
    };
    const step = steps[event.key];
    const next = this.#focused + (step ?? 0);
    if (step === undefined || this.#partitions[next] === undefined) return;
    event.preventDefault();
    this.#focused = next;
    this.#draw();
    this.#cells.get(this.#partitions[next].partition)?.focus();
  }

  #columns(): number {
    const tops = [...this.#cells.values()].map(({ offsetTop }) => offsetTop);
    return tops.filter((top) => top === tops[0]).length;
  }

  #detail(): void {
    const chosen = this.#partitions.find(({ partition }) => partition === this.#selected);
    const root = byId('partition');
    if (chosen === undefined) {
      root.replaceChildren();
      return;
    }
    const show =
      root.querySelector('button') ??
      button('Show its dead letters', () => this.#onLetters(this.#selected ?? 0));
    show.hidden = chosen.dead === 0;
    const text = el(
      'p',
      {},
      describe(chosen),
      chosen.batch && `. Attempt ${chosen.batch.attempt}: ${stateOf(chosen.batch)}.`,
    );
    // The button stays, so that it keeps the focus.
    root.querySelector('p')?.remove();
    root.prepend(text);
    if (!show.isConnected) root.append(show);
  }
}

function describe({ partition, pending, claimed, dead, oldestMs, batch }: Partition): string {
  const parts = [
    `Partition ${partition}: ${count(pending)} pending`,
    ...(claimed > 0 ? [`${count(claimed)} in a batch`] : []),
    ...(oldestMs > 0 ? [`oldest ${duration(oldestMs)}`] : []),
    ...(dead > 0 ? [plural(dead, 'dead letter')] : []),
    ...(batch?.lastError === undefined ? [] : ['its batch fails']),
  ];
  return parts.join(', ');
}
