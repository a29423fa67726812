import type { Entry } from '@sluice/core';
import { printableJson } from './printable.js';

type Extra = Entry['extra'];

/** `path="/docs" lang="en"` */
export function filtersText(filters: Entry['filters']): string {
  return pairs(Object.entries(filters));
}

/** `views=3 bytes=1200` */
export function columnsText(columns: Entry['columns']): string {
  return pairs(Object.entries(columns));
}

/** `lastSeen=max "2026-01-01T00:00:00.000Z" title="Docs"`, with what belongs to a value behind it. */
export function extraText(extra: Extra): string {
  return Object.entries(extra)
    .map(([name, value]) => (value === undefined ? '' : oneExtra(name, value)))
    .join(' ');
}

function oneExtra(name: string, { rule, value, companions }: NonNullable<Extra[string]>): string {
  const mark = rule === 'last' ? '' : `${rule} `;
  const others = companions === undefined ? '' : ` ${printableJson(companions)}`;
  return `${nameText(name)}=${mark}${printableJson(value)}${others}`;
}

function pairs(entries: readonly [string, unknown][]): string {
  return entries.map(([name, value]) => `${nameText(name)}=${printableJson(value)}`).join(' ');
}

/** Names are as odd as those who make them up: only plain ones go without quotes. */
function nameText(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : printableJson(name);
}
