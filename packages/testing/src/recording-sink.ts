import type { AnySchema, Batch, ColumnOf, Entry, FiltersOf, ModelOf, Schema, Sink } from '@sluice/core';

/**
 * A sink that applies batches to plain objects, once each, as a transactional sink does to a database:
 * {@link recordingSink} makes it.
 */
export interface RecordingSink<S extends Schema<S> = AnySchema> extends Sink<S> {
  /** Every delivery, in order, repeated ones included. */
  readonly deliveries: readonly Batch<S>[];
  /** The sum of one column over all entries of a model whose filters have these values; without filters, over all. */
  total<M extends ModelOf<S>>(model: M, column: ColumnOf<S, M>, filters?: Partial<FiltersOf<S, M>>): number;
  /** The entries of every applied batch, in order. */
  readonly entries: readonly Entry<S>[];
  /** Makes the next deliveries throw the error. */
  fail(
    error: unknown,
    options?: {
      /**
       * How many of them.
       * @default 1
       */
      readonly times?: number;
      /**
       * Before they are applied, or after.
       * @default 'before'
       */
      readonly when?: 'before' | 'after';
    },
  ): void;
}

/**
 * Makes a recording sink. With a schema, `recordingSink<MySchema>()`, the compiler checks what a test asks it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { recordingSink } from '@sluice/testing';
 *
 * const sink = recordingSink();
 * const buffer = createBuffer({ backend, sink });
 * await buffer.incr('Page', { views: 2 }, { path: '/docs' });
 * await buffer.processPending();
 * assert.equal(sink.total('Page', 'views', { path: '/docs' }), 2);
 * ```
 */
export function recordingSink<S extends Schema<S> = AnySchema>(): RecordingSink<S> {
  return record() as unknown as RecordingSink<S>;
}

function record(): RecordingSink {
  const deliveries: Batch[] = [];
  const entries: Entry[] = [];
  const ledger = new Set<string>();
  let failing: { error: unknown; times: number; when: 'before' | 'after' } | undefined;

  const throwIf = (when: 'before' | 'after'): void => {
    if (failing === undefined || failing.when !== when || failing.times === 0) return;
    failing.times -= 1;
    throw failing.error;
  };

  const sink: Sink = async (batch) => {
    deliveries.push(batch);
    throwIf('before');
    if (!ledger.has(batch.id)) entries.push(...batch.entries);
    ledger.add(batch.id);
    throwIf('after');
  };

  return Object.assign(sink, {
    deliveries,
    entries,
    total: (model: string, column: string, filters: Entry['filters'] = {}) =>
      entries
        .filter((entry) => entry.model === model && matches(entry, filters))
        .reduce((sum, entry) => sum + (entry.columns[column] ?? 0), 0),
    fail(error: unknown, { times = 1, when = 'before' }: { times?: number; when?: 'before' | 'after' } = {}) {
      failing = { error, times, when };
    },
  });
}

function matches(entry: Entry, filters: Entry['filters']): boolean {
  return Object.entries(filters).every(([name, value]) => same(entry.filters[name], value));
}

function same(a: unknown, b: unknown): boolean {
  return a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : Object.is(a, b);
}
