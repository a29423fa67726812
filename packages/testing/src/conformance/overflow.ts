import assert from 'node:assert/strict';
import { max } from '@sluice/core';
import { type Promises, page } from './fixture.js';

const MOST = Number.MAX_SAFE_INTEGER;

/** A sum that would leave the exact integers is refused, never rounded. */
export const overflow: Promises = {
  'a sum past 2^53 − 1 is refused, naming the entry and the field': async ({ add, read }) => {
    await add([page('/a', { views: MOST })]);
    const { refused } = await add([page('/b'), page('/a')]);
    assert.deepEqual(refused, [{ index: 1, reason: 'overflow', field: '+views' }]);
    assert.equal((await read('/a'))?.['+views'], MOST);
  },

  'a sum past −(2^53 − 1) is refused': async ({ add, read }) => {
    await add([page('/a', { views: -MOST })]);
    const { refused } = await add([page('/a', { views: -1 })]);
    assert.deepEqual(refused, [{ index: 0, reason: 'overflow', field: '+views' }]);
    assert.equal((await read('/a'))?.['+views'], -MOST);
  },

  'the rest of the write applies': async ({ add, read }) => {
    await add([page('/full', { views: MOST })]);
    await add([page('/a'), page('/full'), page('/b', { views: 2 })]);
    assert.deepEqual([(await read('/a'))?.['+views'], (await read('/b'))?.['+views']], [1, 2]);
  },

  'a refused entry changes no field of its target': async ({ add, read }) => {
    await add([page('/a', { views: MOST, likes: 1 }, { title: 'old', rank: max(1) })]);
    const before = await read('/a');
    await add([page('/a', { likes: 5, views: 1, shares: 1 }, { title: 'new', rank: max(2) })]);
    assert.deepEqual(await read('/a'), before);
  },

  'several entries of a write may be refused': async ({ add }) => {
    await add([page('/a', { views: MOST }), page('/b'), page('/c', { likes: -MOST })]);
    const { refused } = await add([page('/a'), page('/b'), page('/c', { likes: -1 })]);
    assert.deepEqual(refused, [
      { index: 0, reason: 'overflow', field: '+views' },
      { index: 2, reason: 'overflow', field: '+likes' },
    ]);
  },

  'a repeated write gets its refusals again': async ({ send, add, read }) => {
    await add([page('/a', { views: MOST })]);
    const first = await send(2, [page('/b'), page('/a')]);
    const again = await send(2, [page('/b'), page('/a')]);
    assert.ok(first.status === 'applied' && again.status === 'duplicate');
    assert.deepEqual(again.refused, [{ index: 1, reason: 'overflow', field: '+views' }]);
    assert.equal((await read('/b'))?.['+views'], 1);
  },

  'a repeated write gets its refusals even if they would fit by now': async ({ send, add, drain }) => {
    await add([page('/a', { views: MOST })]);
    const first = await send(2, [page('/a')]);
    await drain();
    const again = await send(2, [page('/a')]);
    assert.ok(first.status === 'applied' && again.status === 'duplicate');
    assert.deepEqual(again.refused, first.refused);
    assert.deepEqual(await drain(), []);
  },

  'a write that is refused whole still has its number': async ({ send, add }) => {
    await add([page('/a', { views: MOST })]);
    await add([page('/a')]);
    assert.equal((await send(3, [page('/b')])).status, 'applied');
  },

  'room comes back when the entry is claimed': async ({ add, lease }) => {
    await add([page('/a', { views: MOST })]);
    assert.equal((await add([page('/a')])).refused.length, 1);
    await lease();
    assert.deepEqual((await add([page('/a', { views: MOST })])).refused, []);
  },
};
