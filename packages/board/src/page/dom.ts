type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined | readonly (Node | string | undefined)[];

/** Makes an element. `true` is an attribute without a value; `false` and `undefined` leave it out. Text stays text. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
}

/** The page's own element of that id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element as T;
}

export function button(text: string, onClick: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const element = el('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', onClick);
  return element;
}

/** A label with what it is for. */
export function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  return el('label', {}, el('span', { class: 'caption' }, text), field);
}

/** Text of strangers: isolated, so that its direction changes nothing around it, and with what cannot be seen spelt out. */
export function stranger(text: string): HTMLElement {
  return el('bdi', { class: 'stranger' }, visible(text));
}

// Controls, and what hides or turns text around.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

function visible(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    character === '\n' ? '\n' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
