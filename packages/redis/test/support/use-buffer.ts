import { type Backend, createBuffer, type Entry } from '@sluice/core';
import { expect } from 'vitest';

/** All that a buffer does, on an empty backend that persists nothing. */
export async function useBuffer(backend: Backend): Promise<void> {
  const applied: Entry[] = [];
  const buffer = createBuffer({
    backend,
    partitions: 2,
    sink: async ({ entries }) => {
      const rejected = entries.flatMap(({ filters }, index) =>
        filters.path === '/bad' && applied.length > 0 ? [{ index, reason: 'bad' }] : [],
      );
      applied.push(...entries.filter((_, index) => rejected.every((rejection) => rejection.index !== index)));
      return { rejected };
    },
  });
  const views = (path: string): Promise<unknown> => buffer.get('Page', ['views'], { path });
  await buffer.incr('Page', { views: 1 }, { path: '/' }, { title: 'a' });
  await buffer.incr('Page', { views: 2 }, { path: '/' }, { title: 'b' });
  expect(await views('/')).toEqual({ views: 3 });
  expect(await buffer.stats()).toMatchObject({ pending: 1, claimed: 0, dead: 0 });
  await buffer.processPending();
  expect(applied).toMatchObject([{ columns: { views: 3 }, extra: { title: { value: 'b' } } }]);
  expect(await views('/')).toEqual({ views: 0 });
  await buffer.incr('Page', { views: 4 }, { path: '/bad' });
  await buffer.processPending();
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 1 });
  expect(await buffer.deadLetters.list()).toMatchObject([
    { reason: 'bad', entry: { columns: { views: 4 } } },
  ]);
  expect(await buffer.deadLetters.redrive('all')).toBe(1);
  expect(await views('/bad')).toEqual({ views: 4 });
  await buffer.processPending();
  expect(await buffer.deadLetters.discard('all')).toBe(1);
  expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
  expect(await buffer.validate()).toMatchObject({ durability: 'none' });
  await buffer.close();
}
