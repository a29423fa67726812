import type { Action } from '../wire.js';
import { button, byId, el, labelled } from './dom.js';

/** What is asked before something is done. */
export interface Question {
  readonly action: Action;
  /** `12 dead letters` */
  readonly what: string;
}

const WORD = 'discard';

/** Asks the user once before a redrive, and twice before a discard, which cannot be undone. */
export async function confirmed({ action, what }: Question): Promise<boolean> {
  if (action === 'redrive') {
    return asked(
      `Redrive ${what}?`,
      'They become pending again, and a worker applies them like any other.',
      'Redrive',
    );
  }
  const text = 'Their increments are deleted, and never reach the database.';
  return (
    (await asked(`Discard ${what}?`, text, 'Continue …')) &&
    (await asked(`Discard ${what} for good?`, text, 'Discard', WORD))
  );
}

/** @param word what the user has to type, if anything */
function asked(heading: string, text: string, yes: string, word?: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>('confirm');
  const confirm = el('button', { type: 'submit', class: word === undefined ? 'primary' : 'danger' }, yes);
  const typed = el('input', { autocomplete: 'off', spellcheck: 'false' });
  typed.addEventListener('input', () => {
    confirm.disabled = typed.value.trim() !== word;
  });
  const cancel = button('Cancel', () => dialog.close('no'));
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'confirm-heading' }, heading),
    el('p', {}, text),
    word === undefined ? undefined : labelled(`Type “${word}” to go on`, typed),
    el('div', { class: 'actions' }, cancel, confirm),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    dialog.close('yes');
  });
  confirm.disabled = word !== undefined;
  dialog.replaceChildren(form);
  // Escape leaves the value of the time before.
  dialog.returnValue = 'no';
  dialog.showModal();
  (word === undefined ? cancel : typed).focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
