import type { Entry, ExtraValue } from '@sluice/core';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Sent, UnusableValue } from '../dialects/values.js';
import { companionOf } from './companion.js';
import { decimalOf } from './decimal.js';
import { mergedExtra } from './merged-extra.js';
import type { Row } from './row.js';
import type { Mapping, Source } from './source.js';
import { quote, unmapped } from './unmapped.js';

/**
 * Reads an entry as a row of its model's table.
 * @throws UnmappedEntry when a value cannot be stored
 */
export type Reader = (entry: Entry, index: number) => Row;

type Read<T> = (entry: Entry) => T;

const NO_RANKS: readonly undefined[] = [];

/** What reads the entries of a mapping: all that they share is found here, once. */
export function readerOf(
  { layout, filters, sources }: Mapping,
  { encode }: Pick<SqlDialect, 'encode'>,
): Reader {
  const encoded = (role: string, name: string, value: ExtraValue): Sent => {
    try {
      return encode(value);
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      throw unmapped(layout.model, `the ${role} ${quote(name)} cannot be stored: ${error.message}`);
    }
  };
  const ofFilter = (name: string): Read<Sent> => {
    return ({ filters }) => encoded('filter', name, filters[name] ?? null);
  };
  const ofSource = (source: Source): Read<Sent> => {
    if (source.part === 'columns') return sumOf(source.names, source.scale);
    const names = namesOf(source);
    if (source.part === 'companions') {
      return (entry) => encoded('extra', names, companionOf(entry, source).value);
    }
    return ({ extra }) => {
      const values = source.names.map((name) => extra[name]?.value ?? null);
      return encoded('extra', names, mergedExtra(source.rule, values));
    };
  };
  const rankOf = (source: Source): Read<Sent | undefined> => {
    if (source.part !== 'companions') return () => undefined;
    return (entry) => encoded('extra', namesOf(source), companionOf(entry, source).cameWith);
  };
  const keys = filters.map(ofFilter);
  const fields = sources.map(ofSource);
  const ranks = sources.some(({ part }) => part === 'companions') ? sources.map(rankOf) : [];
  return (entry, index) => {
    const keyValues = keys.map((read) => read(entry));
    return {
      index,
      layout,
      place: placeOf(layout.place, keyValues),
      key: keyOf(keyValues),
      keyValues,
      values: fields.map((read) => read(entry)),
      cameWith: ranks.length === 0 ? NO_RANKS : ranks.map((read) => read(entry)),
    };
  };
}

function namesOf(source: Exclude<Source, { part: 'columns' }>): string {
  return source.part === 'companions' ? source.from.map(({ name }) => name).join() : source.names.join();
}

/** Adds up the numbers of several names for one column; as digits where JavaScript has no such number. */
function sumOf(names: readonly string[], scale: number): Read<number | string> {
  return ({ columns }) => {
    const numbers = names.map((name) => columns[name] ?? 0);
    const sum = numbers.reduce((a, b) => a + b, 0);
    if (scale === 0 && Number.isSafeInteger(sum)) return sum;
    return decimalOf(
      numbers.map(BigInt).reduce((a, b) => a + b, 0n),
      scale,
    );
  };
}

function placeOf(place: string, keyValues: readonly Sent[]): string {
  return keyValues.includes(null)
    ? `${place} ${keyValues.map((value) => (value === null ? '0' : '1')).join('')}`
    : place;
}

function keyOf(keyValues: readonly Sent[]): string {
  return keyValues.length === 1 ? String(keyValues[0]) : JSON.stringify(keyValues.map(String));
}
