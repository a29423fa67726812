import { type Extra, max } from '@sluice/core';

/** What an increment brings. */
interface Increment {
  readonly columns: Readonly<Record<string, number>>;
  readonly extras?: Extra;
}

/** What entries look like that scripts have to do with. */
export interface Shape {
  /** What opens an entry. */
  readonly first: Increment;
  /** What is merged into it. The same if it is left out. */
  readonly second?: Increment;
  /** How long target keys are. As long as those of pages, if it is left out. */
  readonly keyLength?: number;
  /** One of how many targets is counted: fewer where each is large. */
  readonly oneOf?: number;
  /** Entries a batch; the default if it is left out. */
  readonly batchSize?: number;
  /** How many other producers have written before. */
  readonly producers?: number;
}

// A text with its quotes has at most 8192 characters.
const largest = (text: string): string => text.repeat(8190 / text.length);
const note = (text: string): Increment => ({ columns: { views: 1 }, extras: { note: text } });

const ONE_COLUMN: Increment = { columns: { views: 1 } };
const SEVERAL_COLUMNS: Increment = {
  columns: { views: 1, readers: 1, seconds: 30 },
  extras: { lastSeen: max(1) },
};

export const SHAPES = {
  'one column': { first: ONE_COLUMN },
  '3 columns and a max()': { first: SEVERAL_COLUMNS },
  'in another order': {
    first: SEVERAL_COLUMNS,
    second: { columns: { seconds: 30, readers: 1, views: 1 }, extras: { lastSeen: max(2) } },
  },
  '12 columns': {
    first: { columns: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`column${i}`, 1])) },
  },
  'extras of 8 KB': { first: note(largest('x')), oneOf: 20 },
  'extras of 8 K characters, 24 KB': { first: note(largest('語')), oneOf: 40 },
  'extras of 8 KB, escaped': { first: note('"'.repeat(4095)), oneOf: 20 },
  'target keys of 4 KB': { first: ONE_COLUMN, keyLength: 4096, oneOf: 10 },
  'refused, as sums would overflow': {
    first: { columns: { views: Number.MAX_SAFE_INTEGER, readers: 1 } },
    second: { columns: { views: 1, readers: 1 } },
  },
  'batches of 10,000': { first: ONE_COLUMN, batchSize: 10_000 },
  'after 1500 producers': { first: ONE_COLUMN, producers: 1500 },
} satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof SHAPES;
