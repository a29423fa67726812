import type { Batch, Entry, Rejection } from '@sluice/core';
import type { Settings } from '../options.js';
import { type Group, groupRows } from './groups.js';
import type { Layout } from './layout.js';
import type { Mappings } from './mappings.js';
import type { Model } from './model.js';
import type { Row } from './row.js';
import { listed, quote, UnknownName, UnmappedEntry } from './unmapped.js';

/** What is to become of the entries of a batch. */
export interface Plan {
  readonly groups: readonly Group[];
  /** Entries that no table can hold. */
  readonly rejected: readonly Rejection[];
  /** Entries whose names this release, or its database, does not know. */
  readonly unknown: readonly Rejection[];
}

export function planOf(batch: Batch, mappings: Mappings, settings: Settings): Plan {
  const rows: Row[] = [];
  const rejected: Rejection[] = [];
  const unknown: Rejection[] = [];
  for (const [index, entry] of batch.entries.entries()) {
    if (entry.signalOnly) continue;
    try {
      rows.push(mappings.rowOf(entry, index, modelOf(entry, settings)));
    } catch (error) {
      if (!(error instanceof UnmappedEntry)) throw error;
      const list = error instanceof UnknownName ? unknown : rejected;
      list.push({ index, reason: error.message });
    }
  }
  return { groups: groupRows(rows), rejected, unknown };
}

/** Only then is there nothing that another release might do differently. */
export function isEmpty({ groups, rejected, unknown }: Plan): boolean {
  return groups.length + rejected.length + unknown.length === 0;
}

/** The plan without rows of these layouts, which the database does not know; each has its reason. */
export function withoutLayouts(plan: Plan, lacking: ReadonlyMap<Layout, string>): Plan {
  const rows: Row[] = [];
  const unknown = [...plan.unknown];
  for (const row of plan.groups.flat()) {
    const reason = lacking.get(row.layout);
    if (reason === undefined) rows.push(row);
    else unknown.push({ index: row.index, reason });
  }
  return { ...plan, groups: groupRows(rows), unknown };
}

function modelOf(entry: Entry, { models }: Settings): Model {
  const model = models.get(entry.model);
  if (model !== undefined) return model;
  throw new UnknownName(
    [
      `The model ${quote(entry.model)} has no table: the sink's \`models\` has ${listed(models.keys())}.`,
      'Correct the name there, or in the call of incr().',
    ].join(' '),
  );
}

/** For how long a batch with unknown names waits, as a part of a message. */
export function waitingFor(ageMs: number, { unknownAfterMs }: Pick<Settings, 'unknownAfterMs'>): string {
  return `until it is ${unknownAfterMs} ms old (\`unknownAfterMs\`; it is ${Math.round(ageMs)} ms old now); then these entries become dead letters, and the others are applied`;
}
