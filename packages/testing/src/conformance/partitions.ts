import assert from 'node:assert/strict';
import { type Promises, page } from './fixture.js';

/** Every partition that holds something is found, regardless of how many partitions its producers used. */
export const partitions: Promises = {
  'an empty backend has no partitions': async ({ backend }) => {
    assert.deepEqual(await backend.partitions(), []);
    assert.deepEqual(await backend.stats(), []);
  },

  'partitions come in ascending order': async ({ add, backend }) => {
    for (const partition of [10, 2, 4095, 0, 100]) await add([page('/a')], { partition });
    assert.deepEqual(await backend.partitions(), [0, 2, 10, 100, 4095]);
  },

  'a partition counts while it has pending entries or a batch': async ({ add, lease, backend }) => {
    await add([page('/a')], { partition: 3 });
    const { token } = await lease({ partition: 3 });
    assert.deepEqual(await backend.partitions(), [3]);
    await backend.nack(3, token, 1000);
    assert.deepEqual(await backend.partitions(), [3]);
  },

  'a partition that was drained does not count, until it is used again': async ({ add, drain, backend }) => {
    await add([page('/a')], { partition: 3 });
    await drain(3);
    assert.deepEqual(await backend.partitions(), []);
    await add([page('/a')], { partition: 3 });
    assert.deepEqual(await backend.partitions(), [3]);
  },

  'dead letters alone do not make a partition count; redriven ones do': async ({ bury, backend }) => {
    const [letter] = await bury([page('/a')]);
    assert.deepEqual(await backend.partitions(), []);
    await backend.redrive(0, [letter.id]);
    assert.deepEqual(await backend.partitions(), [0]);
  },

  'partitions of a larger number are found after the number shrank': async ({ add, drain, backend }) => {
    for (const partition of [0, 5, 15]) await add([page('/a')], { partition, producer: 'had 16' });
    for (const partition of [0, 1]) await add([page('/b')], { partition, producer: 'has 2' });
    const drained = [];
    for (const partition of await backend.partitions()) drained.push(...(await drain(partition)));
    assert.equal(drained.length, 5);
    assert.deepEqual(await backend.partitions(), []);
  },

  'the same target may be pending in several partitions': async ({ add, backend, drain }) => {
    await add([page('/a', { views: 1 })], { partition: 1 });
    await add([page('/a', { views: 2 })], { partition: 9 });
    const key = page('/a').key;
    assert.deepEqual(
      [(await backend.read(1, key))?.['+views'], (await backend.read(9, key))?.['+views']],
      [1, 2],
    );
    await drain(1);
    assert.equal((await backend.read(9, key))?.['+views'], 2);
  },
};

const IDLE = { pending: 0, claimed: 0, dead: 0, oldestPendingMs: 0 };

/** What a dashboard shows. */
export const stats: Promises = {
  'stats count pending, claimed and dead entries': async ({ add, bury, lease, backend }) => {
    await bury([page('/dead'), page('/applied')]);
    await add(['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)));
    await lease({ size: 2 });
    assert.deepEqual(await backend.stats(), [
      { partition: 0, pending: 3, claimed: 2, dead: 1, oldestPendingMs: 0 },
    ]);
  },

  'stats list every partition that was ever used, in ascending order': async ({ add, drain, backend }) => {
    for (const partition of [10, 9, 0]) await add([page('/a')], { partition });
    await drain(9);
    const listed = await backend.stats();
    assert.deepEqual(
      listed.map(({ partition }) => partition),
      [0, 9, 10],
    );
    assert.deepEqual(listed[1], { partition: 9, ...IDLE });
  },

  'the oldest pending entry is the one at the head of the queue': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(4000);
    await add([page('/a'), page('/b')]);
    await clock.advance(1000);
    assert.equal((await backend.stats())[0]?.oldestPendingMs, 5000);
    await lease({ size: 1 });
    assert.equal((await backend.stats())[0]?.oldestPendingMs, 1000);
  },

  'nothing pending is no time old': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    await lease();
    await clock.advance(1000);
    assert.deepEqual(await backend.stats(), [{ partition: 0, ...IDLE, claimed: 1 }]);
  },
};
