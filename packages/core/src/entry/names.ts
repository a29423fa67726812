import { InvalidInputError } from '../errors.js';
import { quote } from '../support/text.js';
import { INCREMENT_RULES } from './rules/index.js';
import type { RuleName } from './rules/rule.js';

/** A valid name of a model, column, filter or extra, with the forms of it that the hot path needs. */
export interface Name {
  /** How the target keys of a model of this name begin: `["Page"`. */
  readonly asModel: string;
  /** What comes before the value of a filter of this name in target keys: `,"path",`. */
  readonly asFilter: string;
  /** The fields that keep it, by rule. */
  readonly fields: Readonly<Record<RuleName, string>>;
}

const MAX_NAME_LENGTH = 255;
const CONTROL = /\p{Cc}/u;

// Names come from code, so there are few; the bound only guards against a service that makes names up.
const MAX_KNOWN_NAMES = 10_000;
const known = /* @__PURE__ */ new Map<string, Name>();

/**
 * Checks a name once and remembers it.
 * @throws InvalidInputError `ERR_SLUICE_INVALID_NAME`: not a string, empty, longer than 255 characters, ill-formed
 * Unicode, with control characters, or `__proto__`.
 */
export function nameOf(text: string, role: 'model' | 'column' | 'filter' | 'extra'): Name {
  const name = known.get(text);
  if (name !== undefined) return name;
  const problem = problemOf(text);
  if (problem !== undefined) {
    const shown = typeof text === 'string' ? quote(text) : typeof text;
    throw new InvalidInputError(
      'ERR_SLUICE_INVALID_NAME',
      `The ${role} name ${shown} ${problem}. A name is a string of 1 to ${MAX_NAME_LENGTH} characters without control characters.`,
    );
  }
  return remember(text);
}

/** Whether {@link nameOf} takes it. */
export function isName(text: unknown): text is string {
  if (known.has(text as string)) return true;
  if (problemOf(text) !== undefined) return false;
  remember(text as string);
  return true;
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'is not a string';
  if (text === '') return 'is empty';
  if (text.length > MAX_NAME_LENGTH) return 'is too long';
  if (text === '__proto__') return 'is reserved: as an object key it would set a prototype';
  if (!text.isWellFormed()) return 'has a lone surrogate';
  if (CONTROL.test(text)) return 'has a control character';
  return undefined;
}

function remember(text: string): Name {
  if (known.size >= MAX_KNOWN_NAMES) known.clear();
  const fields = Object.fromEntries(INCREMENT_RULES.map(({ name, mark }) => [name, mark + text]));
  const quoted = JSON.stringify(text);
  const name = { asModel: `[${quoted}`, asFilter: `,${quoted},`, fields: fields as Name['fields'] };
  known.set(text, name);
  return name;
}

interface FieldForms {
  readonly bare: string;
  readonly label: string;
  readonly isNamed: boolean;
}

const knownFields = /* @__PURE__ */ new Map<string, FieldForms>();

/** A field's name without its mark. It is remembered, since slicing it off each time would cost more than all else. */
export function bareName(field: string): string {
  return formsOf(field).bare;
}

/** What comes before a field's value in JSON: `"+views":`. */
export function fieldLabel(field: string): string {
  return formsOf(field).label;
}

/** Whether what follows a field's mark is a name. */
export function isNamed(field: string): boolean {
  return formsOf(field).isNamed;
}

function formsOf(field: string): FieldForms {
  let forms = knownFields.get(field);
  if (forms === undefined) {
    const bare = field.slice(1);
    forms = { bare, label: `${JSON.stringify(field)}:`, isNamed: problemOf(bare) === undefined };
    if (knownFields.size >= MAX_KNOWN_NAMES) knownFields.clear();
    // Others come from a backend, and may be of any length.
    if (bare.length <= MAX_NAME_LENGTH) knownFields.set(field, forms);
  }
  return forms;
}
