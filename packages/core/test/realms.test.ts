import { runInNewContext } from 'node:vm';
import { memory } from '@sluice/memory';
import { describe, expect, test, vi } from 'vitest';
import { createBuffer, type Entry, max } from '../src/index.js';

/** A value as Jest's tests get it from Node itself: made in another realm, where `instanceof` knows no class of ours. */
function foreign<T>(expression: string): T {
  return runInNewContext(expression) as T;
}

describe('values of another realm', () => {
  const at = Date.UTC(2026, 0, 31);

  test('count as those of this one: Dates, plain objects, arrays', async () => {
    const entries: Entry[] = [];
    const sink = async (batch: { entries: readonly Entry[] }): Promise<void> => {
      entries.push(...batch.entries);
    };
    const buffer = createBuffer({ backend: memory(), sink });
    const day = foreign<Date>(`new Date(${at})`);
    expect(day instanceof Date).toBe(false);
    await buffer.incr('Page', { views: 1 }, { day }, { seen: max(day), at: day, tags: foreign('["a"]') });
    await buffer.incr('Page', foreign('({ views: 1 })'), { day: new Date(at) }, foreign('({ title: "x" })'));
    await buffer.incr(
      'Page',
      { views: 1 },
      foreign(`({ day: new Date(${at}) })`),
      undefined,
      foreign('({})'),
    );
    await buffer.processPending();
    expect(entries).toMatchObject([
      {
        columns: { views: 3 },
        filters: { day: new Date(at) },
        extra: {
          seen: { rule: 'max', value: new Date(at) },
          at: { rule: 'last', value: new Date(at) },
          tags: { value: ['a'] },
          title: { value: 'x' },
        },
      },
    ]);
    await buffer.close();
  });

  test('are refused like those of this one', async () => {
    const buffer = createBuffer({ backend: memory() });
    const invalid = foreign<Date>('new Date(NaN)');
    await expect(buffer.incr('Page', { views: 1 }, { day: invalid })).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_FILTER',
      message: expect.stringContaining('an invalid Date'),
    });
    const lookalike = Object.assign(Object.create(Date.prototype), { [Symbol.toStringTag]: 'Date' }) as Date;
    await expect(buffer.incr('Page', { views: 1 }, { day: lookalike })).rejects.toMatchObject({
      code: 'ERR_SLUICE_INVALID_FILTER',
    });
    await buffer.close();
  });

  test('an error of a sink shows its message alone', async () => {
    const error = foreign<Error>('new TypeError("no such table")');
    expect(error instanceof Error).toBe(false);
    const reasons: string[] = [];
    const buffer = createBuffer({
      backend: memory(),
      maxAttempts: 1,
      giveUpAfterMs: 0,
      sink: () => Promise.reject(error),
    });
    buffer.on('buried', ({ reason }) => reasons.push(reason));
    await buffer.incr('Page', { views: 1 }, {});
    await buffer.processPending();
    expect(reasons).toEqual(['no such table']);
    await buffer.close();
  });

  test('a promise of a listener that rejects becomes an error', async () => {
    const failures = vi.fn();
    const buffer = createBuffer({ backend: memory(), sink: async () => {} });
    buffer.on('error', failures);
    buffer.on('processed', () => foreign('Promise.reject(new Error("broken"))'));
    await buffer.incr('Page', { views: 1 }, {});
    await buffer.processPending();
    await vi.waitFor(() =>
      expect(failures).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_SLUICE_LISTENER_FAILED' })),
    );
    await buffer.close();
  });
});
