import type { DeadEntry, Filter, TargetQuery, TargetSums } from '../wire.js';
import { ask, messageOf } from './ask.js';
import { button, byId, el, labelled, stranger } from './dom.js';
import { count } from './format.js';

const TYPES: readonly (readonly [Filter['type'], string])[] = [
  ['text', 'text'],
  ['number', 'number'],
  ['boolean', 'true/false'],
  ['date', 'date'],
  ['bigint', 'bigint'],
  ['null', 'null'],
];

/** Looks up what is pending of one target. */
export class TargetForm {
  readonly #model = el('input', { name: 'model', required: true, spellcheck: 'false', autocomplete: 'off' });
  readonly #columns = el('input', {
    name: 'columns',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'views, likes',
  });
  readonly #filters = el('div', { class: 'filters' });
  readonly #result = el('div', { role: 'status', class: 'result' });
  readonly #form: HTMLFormElement;

  constructor() {
    this.#form = el(
      'form',
      { class: 'target' },
      el('div', { class: 'fields' }, labelled('Model', this.#model), labelled('Columns', this.#columns)),
      this.#filters,
      el(
        'div',
        { class: 'actions' },
        button('Add a filter', () => this.#addFilter().focus()),
        el('button', { type: 'submit', class: 'primary' }, 'Look up'),
      ),
    );
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#lookUp();
    });
    this.#addFilter();
    byId('target').replaceChildren(
      el(
        'p',
        { class: 'faint' },
        'What is pending or in a batch, and so not in the database yet. Dead letters are not in it.',
      ),
      this.#form,
      this.#result,
    );
  }

  /** Looks up the target of a dead letter. */
  fill({ model, filters, columns }: DeadEntry): void {
    this.#model.value = model;
    this.#columns.value = columns.map(([name]) => name).join(', ');
    this.#filters.replaceChildren();
    for (const filter of filters) this.#addFilter(filter);
    this.#form.scrollIntoView({ block: 'center' });
    this.#form.requestSubmit();
  }

  /** Returns the field of its name. */
  #addFilter({ name, type, value }: Filter = { name: '', type: 'text', value: '' }): HTMLInputElement {
    const nameField = el('input', {
      'data-part': 'name',
      value: name,
      spellcheck: 'false',
      autocomplete: 'off',
    });
    const types = el(
      'select',
      { 'data-part': 'type' },
      TYPES.map(([id, text]) => el('option', { value: id, selected: id === type }, text)),
    );
    const valueField = el('input', { 'data-part': 'value', value, spellcheck: 'false', autocomplete: 'off' });
    const row: HTMLElement = el(
      'div',
      { class: 'filter' },
      labelled('Filter', nameField),
      labelled('Type', types),
      labelled('Value', valueField),
      button('Remove', () => row.remove(), { 'aria-label': 'Remove this filter' }),
    );
    this.#filters.append(row);
    return nameField;
  }

  #query(): TargetQuery {
    const filters = [...this.#filters.children].map((row) => {
      const part = (name: string): string =>
        row.querySelector<HTMLInputElement | HTMLSelectElement>(`[data-part=${name}]`)?.value ?? '';
      return { name: part('name'), type: part('type') as Filter['type'], value: part('value') };
    });
    const columns = this.#columns.value.split(',').map((name) => name.trim());
    return {
      model: this.#model.value,
      columns: columns.filter((name) => name !== ''),
      filters: filters.filter(({ name, value }) => name !== '' || value !== ''),
    };
  }

  async #lookUp(): Promise<void> {
    this.#result.replaceChildren('Looking …');
    try {
      const sums = await ask<TargetSums>('target', this.#query());
      const items = Object.entries(sums).map(([name, sum]) =>
        el('div', {}, el('dt', {}, stranger(name)), el('dd', {}, count(sum))),
      );
      this.#result.replaceChildren(el('dl', { class: 'totals' }, items));
    } catch (error) {
      this.#result.replaceChildren(el('p', { class: 'error' }, stranger(messageOf(error))));
    }
  }
}
