import type { FilterValue } from '@sluice/core';
import { Refusal } from './refusal.js';
import type { Filter } from './wire.js';

/** A filter as the page shows it. */
export function filterOf(name: string, value: unknown): Filter {
  if (value === null) return { name, type: 'null', value: '' };
  if (value instanceof Date) return { name, type: 'date', value: value.toISOString() };
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return { name, type: typeof value as 'number' | 'bigint' | 'boolean', value: String(value) };
  }
  return { name, type: 'text', value: String(value) };
}

/**
 * The value that a user of the page means.
 * @throws Refusal if the text is not one of the type
 */
export function parsedFilter({ name, type, value }: Filter): FilterValue {
  const parsed = PARSERS[type](value);
  if (parsed === undefined) throw new Refusal(400, `The filter ${JSON.stringify(name)} is not a ${type}.`);
  return parsed;
}

const PARSERS: Readonly<Record<Filter['type'], (text: string) => FilterValue | undefined>> = {
  text: (text) => text,
  number: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  bigint: (text) => (/^-?\d{1,40}$/.test(text.trim()) ? BigInt(text.trim()) : undefined),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  date: (text) => (Number.isNaN(Date.parse(text)) ? undefined : new Date(text)),
  null: () => null,
};

export const FILTER_TYPES = Object.keys(PARSERS) as readonly Filter['type'][];
