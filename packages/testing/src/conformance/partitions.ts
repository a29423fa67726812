import assert from 'node:assert/strict';
import { failure, type Promises, page } from './fixture.js';

/** Every partition that holds something is found, regardless of how many partitions its producers used. */
export const partitions: Promises = {
  'an empty backend has no partitions': async ({ backend }) => {
    assert.deepEqual(await backend.partitions(0), []);
    assert.deepEqual(await backend.stats(0), []);
  },

  'partitions come in ascending order': async ({ add, backend }) => {
    for (const partition of [10, 2, 4095, 0, 100]) await add([page('/a')], { partition });
    assert.deepEqual(await backend.partitions(0), [0, 2, 10, 100, 4095]);
  },

  'a partition counts while it has pending entries or a batch': async ({ add, lease, backend }) => {
    await add([page('/a')], { partition: 3 });
    const { token } = await lease({ partition: 3 });
    assert.deepEqual(await backend.partitions(0), [3]);
    await backend.nack(3, token, failure(1000));
    assert.deepEqual(await backend.partitions(0), [3]);
  },

  'a partition that was drained does not count, until it is used again': async ({ add, drain, backend }) => {
    await add([page('/a')], { partition: 3 });
    await drain(3);
    assert.deepEqual(await backend.partitions(0), []);
    await add([page('/a')], { partition: 3 });
    assert.deepEqual(await backend.partitions(0), [3]);
  },

  'dead letters alone do not make a partition count; redriven ones do': async ({ bury, backend }) => {
    const [letter] = await bury([page('/a')]);
    assert.deepEqual(await backend.partitions(0), []);
    await backend.redrive(0, [letter.id]);
    assert.deepEqual(await backend.partitions(0), [0]);
  },

  'partitions of a larger number are found after the number shrank': async ({ add, drain, backend }) => {
    for (const partition of [0, 5, 15]) await add([page('/a')], { partition, producer: 'had 16' });
    for (const partition of [0, 1]) await add([page('/b')], { partition, producer: 'has 2' });
    const drained = [];
    for (const partition of await backend.partitions(0)) drained.push(...(await drain(partition)));
    assert.equal(drained.length, 5);
    assert.deepEqual(await backend.partitions(0), []);
  },

  'the same target may be pending in several partitions': async ({ add, read, drain }) => {
    await add([page('/a', { views: 1 })], { partition: 1 });
    await add([page('/a', { views: 2 })], { partition: 9 });
    assert.deepEqual([(await read('/a', 1))?.['+views'], (await read('/a', 9))?.['+views']], [1, 2]);
    await drain(1);
    assert.equal((await read('/a', 9))?.['+views'], 2);
  },

  'the partitions that a caller knows are listed only if they hold something': async ({ add, backend }) => {
    for (const partition of [1, 20]) await add([page('/a')], { partition });
    for (const known of [0, 1, 2, 16, 4096]) assert.deepEqual(await backend.partitions(known), [1, 20]);
  },
};

const IDLE = { pending: 0, claimed: 0, dead: 0, oldestPendingMs: 0 };

/** What a dashboard shows. */
export const stats: Promises = {
  'stats count pending, claimed and dead entries': async ({ add, bury, lease, backend }) => {
    await bury([page('/dead'), page('/applied')]);
    await add(['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)));
    await lease({ size: 2 });
    const { batch, ...counts } = (await backend.stats(0))[0] ?? assert.fail('the partition is listed');
    assert.deepEqual(counts, { partition: 0, pending: 3, claimed: 2, dead: 1, oldestPendingMs: 0 });
    assert.notEqual(batch, undefined);
  },

  'stats list every partition that was ever used, in ascending order': async ({ add, drain, backend }) => {
    for (const partition of [10, 9, 0]) await add([page('/a')], { partition });
    await drain(9);
    for (const known of [0, 5, 4096]) {
      const listed = await backend.stats(known);
      assert.deepEqual(
        listed.map(({ partition }) => partition),
        [0, 9, 10],
      );
      assert.deepEqual(listed[1], { partition: 9, ...IDLE });
    }
  },

  'the oldest entry is the one at the head of the queue': async ({ add, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(4000);
    await add([page('/a'), page('/b')]);
    await clock.advance(1000);
    assert.equal((await backend.stats(0))[0]?.oldestPendingMs, 5000);
  },

  'an entry that a dead letter was redriven into is as old as the letter': async ({
    add,
    bury,
    backend,
    clock,
  }) => {
    const [{ id }] = await bury([page('/a')]);
    await clock.advance(4000);
    await add([page('/a')]);
    await backend.redrive(0, [id]);
    assert.equal((await backend.stats(0))[0]?.oldestPendingMs, 4000);
  },

  'a claimed entry grows older until its batch ends': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(4000);
    await add([page('/b')]);
    const { token } = await lease({ size: 1 });
    await clock.advance(1000);
    assert.equal((await backend.stats(0))[0]?.oldestPendingMs, 5000);
    await backend.ack(0, token);
    assert.equal((await backend.stats(0))[0]?.oldestPendingMs, 1000);
  },

  'nothing is no time old': async ({ add, drain, backend, clock }) => {
    await add([page('/a')]);
    await drain();
    await clock.advance(1000);
    assert.deepEqual(await backend.stats(0), [{ partition: 0, ...IDLE }]);
  },

  'stats show the unsettled batch, and its lease': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    const { id } = await lease({ leaseMs: 1000 });
    await clock.advance(400);
    const batch = { id, ageMs: 400, attempt: 1, failures: 0, isLeased: true, dueInMs: 600 };
    assert.deepEqual((await backend.stats(0))[0]?.batch, batch);
    await clock.advance(5000);
    assert.deepEqual((await backend.stats(0))[0]?.batch, { ...batch, ageMs: 5400, dueInMs: 0 });
  },

  'stats show why a batch fails, and for how long it has': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    const { id, token } = await lease();
    await clock.advance(1000);
    const reason = 'no such table: "ü"\n🎉';
    await backend.nack(0, token, failure(3000, { reason }));
    await clock.advance(1000);
    const waiting = { id, ageMs: 2000, attempt: 1, failures: 1, isLeased: false, dueInMs: 2000 };
    const failing = { lastError: reason, failingForMs: 1000 };
    assert.deepEqual((await backend.stats(0))[0]?.batch, { ...waiting, ...failing });
    await clock.advance(2000);
    const again = await lease({ leaseMs: 1000 });
    const leased = { id, ageMs: 4000, attempt: 2, failures: 1, isLeased: true, dueInMs: 1000 };
    assert.deepEqual((await backend.stats(0))[0]?.batch, { ...leased, ...failing, failingForMs: 3000 });
    await backend.nack(0, again.token, failure(0, { reason: 'down', isVerdict: false }));
    const [stats] = await backend.stats(0);
    assert.deepEqual(
      [stats?.batch?.lastError, stats?.batch?.failingForMs, stats?.batch?.failures],
      ['down', 3000, 1],
    );
  },

  'a partition without a batch shows none': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const [pending] = await backend.stats(0);
    assert.ok(pending !== undefined && !('batch' in pending));
    await backend.ack(0, (await lease()).token);
    const [drained] = await backend.stats(0);
    assert.ok(drained !== undefined && !('batch' in drained));
  },
};
