import {
  type Action,
  type ActionResult,
  type ActionTarget,
  type DeadEntry,
  type DeadLetterPage,
  type DeadLetterQuery,
  MOST_ACTED,
  type Rights,
} from '../wire.js';
import { ask, messageOf } from './ask.js';
import { confirmed } from './confirm.js';
import { button, byId, el, labelled } from './dom.js';
import { count, plural } from './format.js';
import { LetterTable } from './letter-table.js';

/** The dead letters: search, pages, and what to do with them. */
export class Letters {
  readonly #text = el('input', {
    type: 'search',
    name: 'text',
    maxlength: 200,
    placeholder: 'in the reason or target',
  });
  readonly #partition = el('input', {
    type: 'number',
    name: 'partition',
    min: 0,
    max: 4095,
    placeholder: 'all',
  });
  readonly #said = el('p', { role: 'status', class: 'faint' });
  readonly #outcome = el('p', { role: 'status', class: 'outcome' });
  readonly #table: LetterTable;
  readonly #pager = el('div', { class: 'actions' });
  readonly #actions = el('div', { class: 'actions' });
  #rights: Rights = { redrive: false, discard: false };
  /** What is shown: the query, and where each page up to this one began. */
  #query: DeadLetterQuery = {};
  #pages: (string | undefined)[] = [];
  #next: string | undefined;
  /** How many dead letters there were in all when the page was loaded, and are now. */
  #loadedDead: number | undefined;
  #dead = 0;
  /** Counts what was asked for: what comes back late is not shown any more. */
  #loads = 0;
  #isActing = false;

  /** @param onTarget looks up what is pending of the same target */
  constructor(onTarget: (entry: DeadEntry) => void) {
    this.#table = new LetterTable(onTarget, () => this.#showActions());
    const form = el(
      'form',
      { class: 'fields', role: 'search' },
      labelled('Search', this.#text),
      labelled('Partition', this.#partition),
      el('button', { type: 'submit', class: 'primary' }, 'Search'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#search();
    });
    byId('letters').replaceChildren(
      form,
      this.#said,
      this.#actions,
      this.#table.root,
      this.#pager,
      this.#outcome,
    );
  }

  async loadRights(): Promise<void> {
    this.#rights = await ask<Rights>('rights');
    if (this.#rights.redrive || this.#rights.discard) this.#table.allowSelection();
    this.#showActions();
  }

  /** The backend holds that many in all. */
  async show(dead: number): Promise<void> {
    this.#dead = dead;
    if (this.#loadedDead === undefined && dead > 0) return this.#load([undefined]);
    if (this.#loadedDead === undefined) this.#said.textContent = 'None.';
    else this.#showPager();
  }

  /** Shows those of a partition. */
  showPartition(partition: number): void {
    this.#partition.value = String(partition);
    this.#text.value = '';
    byId('letters-heading').scrollIntoView();
    void this.#search();
  }

  #search(): Promise<void> {
    const [text, partition] = [this.#text.value.trim(), this.#partition.value];
    this.#query = { ...(text && { text }), ...(partition && { partition: Number(partition) }) };
    return this.#load([undefined]);
  }

  /** Loads the last one of the pages. */
  async #load(pages: (string | undefined)[]): Promise<void> {
    this.#loads += 1;
    const load = this.#loads;
    this.#loadedDead = this.#dead;
    this.#said.textContent = 'Looking …';
    try {
      const { letters, looked, next, dead } = await ask<DeadLetterPage>(
        `dead-letters?${this.#params(pages.at(-1))}`,
      );
      if (load !== this.#loads) return;
      this.#pages = pages;
      this.#next = next;
      this.#loadedDead = dead;
      this.#dead = dead;
      this.#table.show(letters);
      this.#said.textContent = this.#summary(letters.length, looked);
    } catch (error) {
      if (load !== this.#loads) return;
      this.#said.textContent = messageOf(error);
      this.#loadedDead = this.#table.isEmpty ? undefined : this.#loadedDead;
    }
    this.#showPager();
    this.#showActions();
  }

  #params(from: string | undefined): URLSearchParams {
    const { text, partition } = this.#query;
    return new URLSearchParams({
      ...(text !== undefined && { text }),
      ...(partition !== undefined && { partition: String(partition) }),
      ...(from !== undefined && { from }),
    });
  }

  #summary(found: number, looked: number): string {
    if (this.#query.text === undefined)
      return found === 0 ? 'None.' : `Page ${this.#pages.length}, oldest first in each partition.`;
    const more = this.#next === undefined ? '' : ' There may be more on the next page.';
    return `Found ${count(found)}, looked at ${count(looked)}.${more}`;
  }

  #showPager(): void {
    const isStale = this.#loadedDead !== undefined && this.#loadedDead !== this.#dead;
    const state = `${this.#pages.length} ${this.#next} ${isStale} ${this.#dead}`;
    if (this.#pager.dataset.state === state) return;
    this.#pager.dataset.state = state;
    const back = button('Previous page', () => this.#load(this.#pages.slice(0, -1)), {
      disabled: this.#pages.length < 2,
    });
    const on = button('Next page', () => this.#load([...this.#pages, this.#next]), {
      disabled: this.#next === undefined,
    });
    const refresh = button(isStale ? `Refresh: there are ${count(this.#dead)} now` : 'Refresh', () =>
      this.#load(this.#pages),
    );
    this.#pager.hidden = this.#pages.length === 0;
    this.#pager.replaceChildren(back, on, refresh);
  }

  #showActions(): void {
    const { redrive, discard } = this.#rights;
    if (!redrive && !discard) {
      this.#actions.replaceChildren(
        el('span', { class: 'faint' }, 'Read-only: you may not redrive or discard here.'),
      );
      return;
    }
    const selected = this.#table.selected.length;
    const allowed = (['redrive', 'discard'] as const).filter((action) => this.#rights[action]);
    const ofSelected = allowed.map((action) =>
      button(
        `${NAMES[action]} the selected (${count(selected)})`,
        () => this.#act(action, { ids: this.#table.selected }),
        {
          disabled: selected === 0 || this.#isActing,
        },
      ),
    );
    const ofMatching = allowed.map((action) =>
      button(`${NAMES[action]} all that match`, () => this.#act(action, { matching: this.#query }), {
        disabled: this.#table.isEmpty || this.#isActing,
      }),
    );
    this.#actions.replaceChildren(...ofSelected, ...ofMatching);
  }

  async #act(action: Action, target: ActionTarget): Promise<void> {
    const what =
      'ids' in target
        ? plural(target.ids.length, 'dead letter')
        : `all dead letters that match, ${count(MOST_ACTED)} at most`;
    if (!(await confirmed({ action, what }))) return;
    this.#isActing = true;
    this.#showActions();
    this.#outcome.textContent = 'Working …';
    try {
      this.#outcome.textContent = outcomeOf(action, await ask<ActionResult>(action, target));
    } catch (error) {
      this.#outcome.textContent = messageOf(error);
    }
    this.#isActing = false;
    await this.#load([undefined]);
  }
}

function outcomeOf(action: Action, { asked, done, mayBeMore }: ActionResult): string {
  const left = asked > done ? `, ${count(asked - done)} are as they were` : '';
  const more = mayBeMore ? ' More may match: do it again.' : '';
  return `${DONE[action]} ${plural(done, 'dead letter')}${left}.${more}`;
}

const NAMES: Readonly<Record<Action, string>> = { redrive: 'Redrive', discard: 'Discard' };
const DONE: Readonly<Record<Action, string>> = { redrive: 'Redrove', discard: 'Discarded' };
