import type { Filters } from '@sluice/core';
import { UsageError } from './exit-code.js';

/** The filters of a target, as JSON, `'{"path":"/docs","id":3}'`, or as texts, `path=/docs lang=en`. */
export function filtersOf(words: readonly string[]): Filters {
  const [first = ''] = words;
  return words.length === 1 && first.trimStart().startsWith('{') ? parsed(first) : ofPairs(words.map(pair));
}

function ofPairs(pairs: readonly (readonly [string, string])[]): Filters {
  const filters = Object.fromEntries(pairs);
  if (Object.keys(filters).length < pairs.length) throw new UsageError('A filter is named twice.');
  return filters;
}

function parsed(text: string): Filters {
  try {
    const filters: unknown = JSON.parse(text);
    return Object.fromEntries(
      Object.entries(filters as object).map(([name, value]) => [name, scalar(value)]),
    );
  } catch {
    throw new UsageError(`The filters are not valid JSON. They look like '{"path":"/docs","id":3}'.`);
  }
}

/** What JSON has no word for is written as in Redis: `{"date":"2026-01-01"}`, `{"bigint":"3"}`. */
function scalar(value: unknown): Filters[string] {
  const { date, bigint } = Object(value) as { date?: string | number; bigint?: string };
  if (date !== undefined) return new Date(date);
  return bigint === undefined ? (value as Filters[string]) : BigInt(bigint);
}

function pair(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1)
    throw new UsageError(`A filter is a name and a text, as in path=/docs, or all are one JSON object.`);
  return [word.slice(0, at), word.slice(at + 1)];
}
