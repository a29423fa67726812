import assert from 'node:assert/strict';
import { type Promises, page, statsOf } from './fixture.js';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** A producer joins before its first write, and learns in which life of the data it is, and how far that is. */
export const join: Promises = {
  'joining a partition without data begins an epoch, at position 0': async ({ backend }) => {
    const { epoch, position } = await backend.join(3, 16);
    assert.equal(typeof epoch, 'string');
    assert.notEqual(epoch, '');
    assert.equal(position, 0);
  },

  'all that join a partition get the same epoch': async ({ backend, add }) => {
    const first = await backend.join(0, 16);
    const again = await Promise.all([backend.join(0, 16), backend.join(0, 8)]);
    await add([page('/a')]);
    const later = await backend.join(0, 16);
    assert.deepEqual(
      [...again, later].map(({ epoch }) => epoch),
      [first.epoch, first.epoch, first.epoch],
    );
  },

  'each that joins gets an id that no other has': async ({ backend, add }) => {
    const first = await Promise.all([backend.join(0, 16), backend.join(0, 16), backend.join(1, 16)]);
    await add([page('/a')]);
    const later = await backend.join(0, 16);
    assert.equal(new Set([...first, later].map(({ producer }) => producer)).size, 4);
  },

  'those that join at the same time get the same epoch': async ({ backend }) => {
    const joined = await Promise.all(Array.from({ length: 10 }, () => backend.join(0, 16)));
    assert.equal(new Set(joined.map(({ epoch }) => epoch)).size, 1);
  },

  'every partition has its own epoch': async ({ backend }) => {
    const joined = await Promise.all([0, 1, 2, 3].map((partition) => backend.join(partition, 4)));
    assert.equal(new Set(joined.map(({ epoch }) => epoch)).size, 4);
  },

  'the position is the number of writes that were applied': async ({ backend, add, send }) => {
    await add([page('/a'), page('/b')]);
    await add([]);
    await add([page('/a')], { producer: 'other' });
    await send(2, []);
    await send(2, [page('/a')], { nonce: 'of another write' });
    await send(7, [page('/a')]);
    await send(3, [page('/a')], { epoch: 'another one' });
    assert.equal((await backend.join(0, 16)).position, 3);
    assert.equal((await backend.join(1, 16)).position, 0);
  },

  'the epoch and the position outlive the entries': async ({ backend, add, drain, clock }) => {
    const { epoch } = await backend.join(0, 16);
    await add([page('/a')]);
    await drain();
    await clock.advance(YEAR_MS);
    const later = await backend.join(0, 16);
    assert.deepEqual([later.epoch, later.position], [epoch, 1]);
  },

  'a partition is listed once it was joined': async ({ backend }) => {
    await backend.join(7, 16);
    assert.deepEqual(
      (await statsOf(backend)).map(({ partition }) => partition),
      [7],
    );
    assert.deepEqual(await backend.partitions(0), []);
  },

  'the numbers of partitions that producers have are listed, each once, in ascending order': async ({
    backend,
  }) => {
    assert.deepEqual(await backend.partitionCounts(), []);
    for (const [partition, partitions] of [
      [0, 16],
      [1, 16],
      [1, 2],
      [1, 4096],
      [0, 16],
    ] as const) {
      await backend.join(partition, partitions);
    }
    assert.deepEqual(await backend.partitionCounts(), [2, 16, 4096]);
  },
};
