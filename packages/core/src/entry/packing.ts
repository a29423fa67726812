import { CorruptEntryError } from '../errors.js';
import { quote } from '../support/text.js';
import { isRecord } from '../support/validate.js';
import type { Fields, StoredEntry } from './fields.js';
import { fieldLabel, isNamed } from './names.js';
import { fieldRule } from './rules/index.js';
import type { StoredValue } from './rules/rule.js';

/** Fields as the one line of JSON text that backends may keep; {@link unpack} reads it. All values in it are strings. */
export function pack(fields: Fields): string {
  let text = '';
  for (const field in fields) {
    const value = fields[field];
    text += `${text === '' ? '{' : ','}${fieldLabel(field)}${typeof value === 'number' ? `"${value}"` : JSON.stringify(value)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

const ENCODER = /* @__PURE__ */ new TextEncoder();

/** Bytes that an entry takes in a write or a batch: of its key and its packed fields, as UTF-8. */
export function packedBytes({ key, fields }: StoredEntry): number {
  return ENCODER.encode(key).length + ENCODER.encode(pack(fields)).length;
}

/** A bound on {@link packedBytes} that costs no packing. */
export function mostPackedBytes({ key, fields }: StoredEntry): number {
  let characters = key.length;
  for (const field in fields) {
    const value = fields[field];
    // Quotes and colon; JSON writes at most six characters for one.
    characters += 2 * field.length + 6 + (typeof value === 'string' ? 6 * value.length : 25);
  }
  return 3 * characters;
}

/**
 * The fields that {@link pack} wrote, or a script that merged them.
 * @throws {@link CorruptEntryError} `ERR_SLUICE_CORRUPT_ENTRY`
 */
export function unpack(text: string): Fields {
  // As scripts see it: JSON may have blanks before the brace.
  const packed = text.startsWith('{') ? parseJson(text) : undefined;
  if (!isRecord(packed)) throw new CorruptEntryError('A stored entry is not an object.');
  for (const field of Object.keys(packed)) packed[field] = parseField(field, packed[field]);
  return packed as Fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorruptEntryError('A stored entry is not JSON.', { cause });
  }
}

function parseField(field: string, text: unknown): StoredValue {
  const rule = fieldRule(field);
  if (typeof text === 'string' && (field.length === 1 || isNamed(field))) {
    const value = rule.parse(text);
    if (value !== undefined) return value;
  }
  throw new CorruptEntryError(`A stored entry has a corrupt field ${quote(field)}.`);
}
