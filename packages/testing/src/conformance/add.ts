import assert from 'node:assert/strict';
import { PRODUCER_LIFETIME_MS } from '@sluice/core/backend';
import { type Promises, page, write } from './fixture.js';

const HOUR_MS = 60 * 60 * 1000;

/** Numbered writes: each applies once, in order, or says why not. */
export const add: Promises = {
  'the first write of a producer has the number 1': async ({ backend }) => {
    const result = await backend.add(write(1, [page('/a')]));
    assert.deepEqual(result, { status: 'applied', epoch: 'epoch-1', refused: [] });
  },

  'the next number applies': async ({ backend, read }) => {
    await backend.add(write(1, [page('/a')]));
    assert.equal((await backend.add(write(2, [page('/a')]))).status, 'applied');
    assert.equal((await read('/a'))?.['+views'], 2);
  },

  'a repeated write changes nothing': async ({ backend, read }) => {
    await backend.add(write(1, [page('/a')]));
    const again = await backend.add(write(1, [page('/a')]));
    assert.deepEqual(again, { status: 'duplicate', epoch: 'epoch-1', refused: [] });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'an empty write only takes its number': async ({ backend, read }) => {
    await backend.add(write(1, [page('/a')]));
    assert.deepEqual(await backend.add(write(2, [])), {
      status: 'applied',
      epoch: 'epoch-1',
      refused: [],
    });
    assert.equal((await backend.add(write(2, [page('/a')]))).status, 'duplicate');
    assert.equal((await backend.add(write(3, [page('/b')]))).status, 'applied');
    assert.deepEqual([(await read('/a'))?.['+views'], (await read('/b'))?.['+views']], [1, 1]);
  },

  'a number from long ago is a duplicate': async ({ backend, add, read }) => {
    for (let number = 1; number <= 5; number += 1) await add([page('/a')]);
    for (const number of [4, 1]) {
      assert.equal((await backend.add(write(number, [page('/a')]))).status, 'duplicate');
    }
    assert.equal((await read('/a'))?.['+views'], 5);
  },

  'a repeated write stays a duplicate after its entries were applied': async ({ backend, drain }) => {
    await backend.add(write(1, [page('/a')]));
    await drain();
    assert.equal((await backend.add(write(1, [page('/a')]))).status, 'duplicate');
    assert.deepEqual(await drain(), []);
  },

  'a write repeated at the same time applies once': async ({ backend, read }) => {
    const results = await Promise.all([1, 1, 1, 1].map((number) => backend.add(write(number, [page('/a')]))));
    const statuses = results.map(({ status }) => status).sort();
    assert.deepEqual(statuses, ['applied', 'duplicate', 'duplicate', 'duplicate']);
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a skipped number is a gap behind the last number': async ({ backend, add, read }) => {
    await add([page('/a')]);
    await add([page('/a')]);
    const result = await backend.add(write(4, [page('/a')]));
    assert.deepEqual(result, { status: 'gap', epoch: 'epoch-1', last: 2 });
    assert.equal((await read('/a'))?.['+views'], 2);
  },

  'an unknown producer is behind by all its writes': async ({ backend, read }) => {
    await backend.add(write(1, [page('/a')]));
    const result = await backend.add(write(7, [page('/a')], { producer: 'stranger' }));
    assert.deepEqual(result, { status: 'gap', epoch: 'epoch-1', last: 0 });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a gap in an empty partition leaves it empty': async ({ backend, drain }) => {
    await backend.add(write(2, [page('/a')]));
    assert.deepEqual(await drain(), []);
    assert.deepEqual(await backend.stats(), []);
  },

  'a gap closes when the missing writes come': async ({ backend, read }) => {
    await backend.add(write(1, [page('/a')]));
    await backend.add(write(3, [page('/a')]));
    for (const number of [2, 3]) {
      assert.equal((await backend.add(write(number, [page('/a')]))).status, 'applied');
    }
    assert.equal((await read('/a'))?.['+views'], 3);
  },

  'every producer counts its own writes': async ({ backend, add, read }) => {
    await add([page('/a')], { producer: 'one' });
    await add([page('/a')], { producer: 'two' });
    await add([page('/a')], { producer: 'one' });
    assert.equal((await backend.add(write(2, [page('/a')], { producer: 'one' }))).status, 'duplicate');
    assert.equal((await backend.add(write(2, [page('/a')], { producer: 'two' }))).status, 'applied');
    assert.equal((await read('/a'))?.['+views'], 4);
  },

  'a producer counts its writes by partition': async ({ backend, add }) => {
    await add([page('/a')], { partition: 1 });
    await add([page('/b')], { partition: 2 });
    const [one, two] = [await backend.read(1, page('/a').key), await backend.read(2, page('/b').key)];
    assert.deepEqual([one?.['+views'], two?.['+views']], [1, 1]);
  },

  'a number is remembered for the lifetime of a producer': async ({ backend, add, clock }) => {
    await add([page('/a')]);
    await clock.advance(PRODUCER_LIFETIME_MS - HOUR_MS);
    await add([page('/a')]);
    // The lifetime begins with the last use: by now the first use alone would be forgotten.
    await clock.advance(PRODUCER_LIFETIME_MS - HOUR_MS);
    await add([page('/b')], { producer: 'other' });
    assert.equal((await backend.add(write(2, [page('/a')]))).status, 'duplicate');
    assert.equal((await backend.add(write(3, [page('/a')]))).status, 'applied');
  },

  'writes of many producers at the same time all count': async ({ add, read }) => {
    const producers = Array.from({ length: 20 }, (_, index) => `producer-${index}`);
    await Promise.all(producers.map((producer) => add([page('/a'), page(`/${producer}`)], { producer })));
    await Promise.all(producers.map((producer) => add([page('/a')], { producer })));
    assert.equal((await read('/a'))?.['+views'], 40);
    assert.equal((await read('/producer-7'))?.['+views'], 1);
  },

  'a write may hold a thousand entries': async ({ add, drain }) => {
    const entries = Array.from({ length: 1000 }, (_, index) => page(`/${index}`));
    await add(entries);
    await add(entries);
    const drained = await drain();
    assert.equal(drained.length, 1000);
    assert.ok(drained.every(({ fields }) => fields['+views'] === 2));
  },
};

/** The epoch marks one life of a partition's data. */
export const epoch: Promises = {
  'a partition keeps the epoch of its first write': async ({ backend }) => {
    const first = await backend.add(write(1, [page('/a')], { newEpoch: 'first' }));
    const next = await backend.add(write(2, [page('/a')], { newEpoch: 'second' }));
    const other = await backend.add(write(1, [page('/a')], { newEpoch: 'third', producer: 'other' }));
    assert.deepEqual([first.epoch, next.epoch, other.epoch], ['first', 'first', 'first']);
  },

  'duplicates and gaps return the epoch': async ({ backend }) => {
    await backend.add(write(1, [page('/a')], { newEpoch: 'first' }));
    const duplicate = await backend.add(write(1, [page('/a')], { newEpoch: 'second' }));
    const gap = await backend.add(write(3, [page('/a')], { newEpoch: 'third' }));
    assert.deepEqual([duplicate.epoch, gap.epoch], ['first', 'first']);
  },

  'a partition without data has no epoch, and takes none from a gap': async ({ backend }) => {
    const gap = await backend.add(write(2, [page('/a')], { newEpoch: 'of the gap' }));
    assert.deepEqual(gap, { status: 'gap', epoch: '', last: 0 });
    const first = await backend.add(write(1, [page('/a')], { newEpoch: 'first' }));
    assert.equal(first.epoch, 'first');
  },

  'the epoch outlives the entries': async ({ backend, drain, clock }) => {
    await backend.add(write(1, [page('/a')], { newEpoch: 'first' }));
    await drain();
    await clock.advance(2 * PRODUCER_LIFETIME_MS);
    const later = await backend.add(write(1, [page('/a')], { newEpoch: 'second', producer: 'other' }));
    assert.equal(later.epoch, 'first');
  },

  'every partition has its own epoch': async ({ backend }) => {
    const one = await backend.add(write(1, [page('/a')], { partition: 1, newEpoch: 'one' }));
    const two = await backend.add(write(1, [page('/a')], { partition: 2, newEpoch: 'two' }));
    assert.deepEqual([one.epoch, two.epoch], ['one', 'two']);
  },
};
