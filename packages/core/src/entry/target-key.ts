import { InvalidInputError } from '../errors.js';
import type { Filters, FilterValue } from '../schema.js';
import { quote } from '../support/text.js';
import { mustBe, mustBePlainObject, type Subject } from '../support/validate.js';
import { isName, nameOf } from './names.js';
import { decodeScalar, encodeScalar } from './scalar.js';

/** The longest target key, in UTF-16 code units. Every process that has the target keeps its key in memory. */
export const MAX_TARGET_KEY_LENGTH = 4096;

/** The row that increments are for. `signalOnly` increments have a target of their own. */
export interface Target {
  readonly model: string;
  readonly filters: Filters;
  readonly signalOnly: boolean;
}

const FILTERS: Subject = { code: 'ERR_SLUICE_INVALID_FILTER', name: 'The filters' };
const SIGNAL_ONLY = ',"signalOnly"]';

/**
 * The canonical text of a target: a JSON array of the model, then each filter's name and value in the order of the
 * names, then a marker if it is signal-only: `["Page","lang","en","path","/docs"]`. Equal targets have equal keys,
 * different targets different ones; the text is well-formed Unicode without line breaks, for any values.
 *
 * @throws `InvalidInputError` `ERR_SLUICE_INVALID_NAME`, `ERR_SLUICE_INVALID_FILTER`, `ERR_SLUICE_TOO_LARGE`
 */
export function targetKey(model: string, filters: Filters, signalOnly = false): string {
  let key = nameOf(model, 'model').asModel;
  mustBePlainObject(FILTERS, filters);
  for (const name of namesInOrder(filters)) {
    key += nameOf(name, 'filter').asFilter + filterText(name, filters[name]);
  }
  key += signalOnly ? SIGNAL_ONLY : ']';
  if (key.length > MAX_TARGET_KEY_LENGTH) throw tooLong(key);
  return key;
}

/**
 * The target that a key names.
 * @throws Error when {@link targetKey} did not write the text
 */
export function parseTargetKey(key: string): Target {
  const parts: unknown = key.length <= MAX_TARGET_KEY_LENGTH ? JSON.parse(key) : undefined;
  if (!Array.isArray(parts) || !isName(parts[0])) throw notTargetKey(key);
  const signalOnly = parts.length % 2 === 0;
  const end = signalOnly ? parts.length - 1 : parts.length;
  if (signalOnly && parts[end] !== 'signalOnly') throw notTargetKey(key);
  const filters: Record<string, FilterValue> = {};
  let last = '';
  for (let i = 1; i < end; i += 2) {
    const name: unknown = parts[i];
    if (!isName(name) || name <= last) throw notTargetKey(key);
    filters[name] = decodeScalar(parts[i + 1]);
    last = name;
  }
  return { model: parts[0], filters, signalOnly };
}

function notTargetKey(key: string): TypeError {
  return new TypeError(`not a target key: ${quote(key)}`);
}

/** The names of filters, sorted. Usually there is one, or they are in order already. */
export function namesInOrder(filters: Filters): string[] {
  const names = Object.keys(filters);
  for (let i = 1; i < names.length; i += 1) {
    if ((names[i] as string) < (names[i - 1] as string)) return names.sort();
  }
  return names;
}

function filterText(name: string, value: FilterValue | undefined): string {
  if (typeof value === 'string' && value.length > MAX_TARGET_KEY_LENGTH) throw tooLong(value, name);
  const text = value === undefined ? undefined : encodeScalar(value);
  if (text !== undefined) return text;
  throw mustBe(
    { code: 'ERR_SLUICE_INVALID_FILTER', name: `The filter ${quote(name)}` },
    'a string, finite number, bigint of at most 128 bits, boolean, null or valid Date',
    value,
  );
}

function tooLong(text: string, filter?: string): InvalidInputError {
  const what = filter === undefined ? 'The target' : `The filter ${quote(filter)}`;
  return new InvalidInputError(
    'ERR_SLUICE_TOO_LARGE',
    `${what} is too long: ${quote(text, 40)}. A target key has at most ${MAX_TARGET_KEY_LENGTH} characters; filter by an id instead.`,
  );
}
