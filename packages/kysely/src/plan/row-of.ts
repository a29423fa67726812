import type { Entry, ExtraValue } from '@sluice/core';
import type { SqlDialect } from '../dialects/dialect.js';
import { type Sent, UnusableValue } from '../dialects/values.js';
import { companionOf } from './companion.js';
import { decimalOf } from './decimal.js';
import type { Layout } from './layout.js';
import { type Companions, isCompanion, type Mapping, type Source } from './mappings.js';
import { mergedExtra } from './merged-extra.js';
import type { Row } from './row.js';
import { quote, unmapped } from './unmapped.js';

/**
 * An entry as a row of its model's table.
 * @throws UnmappedEntry when a value cannot be stored
 */
export function rowOf(entry: Entry, index: number, mapping: Mapping, { encode }: SqlDialect): Row {
  const { layout, filters, sources } = mapping;
  const encoded = (role: string, name: string, value: ExtraValue | undefined): Sent => {
    try {
      return encode(value ?? null);
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error;
      throw unmapped(layout.model, `the ${role} ${quote(name)} cannot be stored: ${error.message}`);
    }
  };
  const given = (source: Source): Sent => {
    if (isCompanion(source)) {
      return encoded('extra', namesOf(source), companionOf(entry, source).value);
    }
    if (source.part === 'extra') {
      const values = source.names.map((name) => entry.extra[name]?.value ?? null);
      return encoded('extra', source.names.join(), mergedExtra(source.rule, values));
    }
    return sumOf(
      source.names.map((name) => entry.columns[name] ?? 0),
      source.scale,
    );
  };
  const rankOf = (source: Source): Sent | undefined =>
    isCompanion(source) ? encoded('extra', namesOf(source), companionOf(entry, source).cameWith) : undefined;
  const keyValues = filters.map((name) => encoded('filter', name, entry.filters[name]));
  const values = sources.map(given);
  const cameWith = sources.some(isCompanion) ? sources.map(rankOf) : [];
  return {
    index,
    layout,
    place: placeOf(layout, keyValues),
    key: keyOf(keyValues),
    keyValues,
    values,
    cameWith,
  };
}

function namesOf({ from }: Companions): string {
  return from.map(({ name }) => name).join();
}

/** The numbers of several names for one column; as digits where JavaScript has no such number. */
function sumOf(numbers: readonly number[], scale: number): number | string {
  const sum = numbers.reduce((a, b) => a + b, 0);
  if (scale === 0 && Number.isSafeInteger(sum)) return sum;
  return decimalOf(
    numbers.map(BigInt).reduce((a, b) => a + b, 0n),
    scale,
  );
}

function placeOf({ place }: Layout, keyValues: readonly Sent[]): string {
  return keyValues.includes(null)
    ? `${place} ${keyValues.map((value) => (value === null ? '0' : '1')).join('')}`
    : place;
}

function keyOf(keyValues: readonly Sent[]): string {
  return keyValues.length === 1 ? String(keyValues[0]) : JSON.stringify(keyValues.map(String));
}
