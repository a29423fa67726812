import { isRecord } from './is-record.js';
import { Refusal } from './refusal.js';
import { FILTER_TYPES } from './scalar.js';
import type { ActionTarget, DeadLetterQuery, Filter, TargetQuery } from './wire.js';
import { MOST_ACTED } from './wire.js';

/** What requests ask for. Each throws a Refusal if it is anything else. */

const MOST_NAMES = 64;
const LONGEST_TEXT = 200;
const ID = /^[!-~]{1,200}$/;
const LARGEST_PAGE = 100;

export interface PageQuery extends DeadLetterQuery {
  readonly from: string | undefined;
  readonly limit: number;
}

export function pageQueryOf(params: URLSearchParams): PageQuery {
  const { partition, text, limit = '50', from } = Object.fromEntries(params);
  const size = Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) throw wrong('limit');
  return {
    ...deadLetterQueryOf({ ...(partition && { partition: Number(partition) }), ...(text && { text }) }),
    from,
    limit: size,
  };
}

function deadLetterQueryOf({ partition, text }: Record<string, unknown>): DeadLetterQuery {
  if (partition !== undefined && !(Number.isInteger(partition) && (partition as number) >= 0)) {
    throw wrong('partition');
  }
  if (text !== undefined && !(typeof text === 'string' && text.length <= LONGEST_TEXT)) throw wrong('text');
  return { ...(partition !== undefined && { partition: partition as number }), ...(text && { text }) };
}

export function actionTargetOf({ ids, matching }: Record<string, unknown>): ActionTarget {
  if (isRecord(matching)) return { matching: deadLetterQueryOf(matching) };
  if (!isTexts(ids) || ids.length === 0 || ids.length > MOST_ACTED) throw wrong('ids');
  // They go to the audit before the buffer looks at them.
  if (!ids.every((id) => ID.test(id))) throw wrong('ids');
  return { ids };
}

export function targetQueryOf({ model, columns, filters }: Record<string, unknown>): TargetQuery {
  if (typeof model !== 'string') throw wrong('model');
  if (!isTexts(columns) || columns.length === 0 || columns.length > MOST_NAMES) throw wrong('columns');
  if (!Array.isArray(filters) || filters.length > MOST_NAMES || !filters.every(isFilter))
    throw wrong('filters');
  if (new Set(filters.map(({ name }) => name)).size < filters.length) {
    throw new Refusal(400, 'A filter is named twice.');
  }
  return { model, columns, filters };
}

function isFilter(value: unknown): value is Filter {
  if (!isRecord(value)) return false;
  return isTexts([value.name, value.value]) && (FILTER_TYPES as readonly unknown[]).includes(value.type);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function wrong(name: string): Refusal {
  return new Refusal(400, `The request's "${name}" cannot be used.`);
}
