import assert from 'node:assert/strict';
import type { PartitionStats } from '@sluice/core';
import { failure, type Promises, page, statsOf } from './fixture.js';

/** Every partition that holds something is found, regardless of how many partitions its producers used. */
export const partitions: Promises = {
  'an empty backend has no partitions': async ({ backend }) => {
    assert.deepEqual(await backend.partitions(0), []);
    assert.deepEqual(await statsOf(backend), []);
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

const DRAINED = { pending: 0, claimed: 0, dead: 0, oldestPendingMs: 0, added: 1, taken: 1 };

/** Where a partition is, is not for the suite to say. */
function withoutNode({ node: _, ...stats }: PartitionStats): PartitionStats {
  return stats;
}

/** What a dashboard shows. */
export const stats: Promises = {
  'stats count pending, claimed and dead entries': async ({ add, bury, lease, backend }) => {
    await bury([page('/dead'), page('/applied')]);
    await add(['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)));
    await lease({ size: 2 });
    const [listed] = (await statsOf(backend)).map(withoutNode);
    const { batch, ...counts } = listed ?? assert.fail('the partition is listed');
    const held = { pending: 3, claimed: 2, dead: 1, oldestPendingMs: 0 };
    assert.deepEqual(counts, { partition: 0, ...held, added: 7, taken: 4 });
    assert.notEqual(batch, undefined);
  },

  'stats count what was ever added, merged entries included, and what batches took': async ({
    add,
    lease,
    backend,
    drain,
  }) => {
    const flow = async () => (await statsOf(backend)).map(({ added, taken }) => [added, taken]);
    await add([page('/a'), page('/b')]);
    await add([page('/a'), page('/c')]);
    assert.deepEqual(await flow(), [[4, 0]]);
    const { token } = await lease({ size: 2 });
    assert.deepEqual(await flow(), [[4, 2]]);
    await backend.ack(0, token);
    await drain();
    assert.deepEqual(await flow(), [[4, 3]]);
  },

  'what is written again, or refused, is not added': async ({ add, send, backend }) => {
    await add([page('/a', { views: Number.MAX_SAFE_INTEGER })]);
    for (let times = 0; times < 2; times += 1) await send(2, [page('/a'), page('/b')]);
    await send(4, [page('/a')]);
    assert.equal((await statsOf(backend))[0]?.added, 2);
  },

  'a batch that is delivered again was taken once': async ({ add, lease, backend, clock }) => {
    await add([page('/a'), page('/b')]);
    const { token, claim } = await lease({ leaseMs: 1000 });
    await lease({ claimToken: claim });
    await backend.nack(0, token, failure(0));
    await lease({ leaseMs: 1000 });
    await clock.advance(1000);
    await lease();
    assert.equal((await statsOf(backend))[0]?.taken, 2);
  },

  'a redriven dead letter is not added again; a batch that takes it counts it': async ({
    bury,
    backend,
    drain,
  }) => {
    const [{ id }] = await bury([page('/a')]);
    await backend.redrive(0, [id]);
    await drain();
    const [stats] = await statsOf(backend);
    assert.deepEqual([stats?.added, stats?.taken], [1, 2]);
  },

  'what a batch takes as another one ends is counted': async ({ add, lease, next, backend }) => {
    await add([page('/a'), page('/b')]);
    await next((await lease({ size: 1 })).token);
    assert.equal((await statsOf(backend))[0]?.taken, 2);
  },

  'stats list every partition that was ever used, in ascending order': async ({ add, drain, backend }) => {
    for (const partition of [10, 9, 0]) await add([page('/a')], { partition });
    await drain(9);
    for (const known of [0, 5, 4096]) {
      const listed = (await statsOf(backend, known)).map(withoutNode);
      assert.deepEqual(
        listed.map(({ partition }) => partition),
        [0, 9, 10],
      );
      assert.deepEqual(listed[1], { partition: 9, ...DRAINED });
    }
  },

  'the oldest entry is the one at the head of the queue': async ({ add, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(4000);
    await add([page('/a'), page('/b')]);
    await clock.advance(1000);
    assert.equal((await statsOf(backend))[0]?.oldestPendingMs, 5000);
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
    assert.equal((await statsOf(backend))[0]?.oldestPendingMs, 4000);
  },

  'a claimed entry grows older until its batch ends': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(4000);
    await add([page('/b')]);
    const { token } = await lease({ size: 1 });
    await clock.advance(1000);
    assert.equal((await statsOf(backend))[0]?.oldestPendingMs, 5000);
    await backend.ack(0, token);
    assert.equal((await statsOf(backend))[0]?.oldestPendingMs, 1000);
  },

  'nothing is no time old': async ({ add, drain, backend, clock }) => {
    await add([page('/a')]);
    await drain();
    await clock.advance(1000);
    assert.deepEqual((await statsOf(backend)).map(withoutNode), [{ partition: 0, ...DRAINED }]);
  },

  'stats show the unsettled batch, and its lease': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    const { id } = await lease({ leaseMs: 1000, worker: 'web-1:42' });
    await clock.advance(400);
    const leased = { id, attempt: 1, failures: 0, isLeased: true, worker: 'web-1:42' };
    const now = { ageMs: 400, leasedForMs: 400, dueInMs: 600 };
    assert.deepEqual((await statsOf(backend))[0]?.batch, { ...leased, ...now });
    await clock.advance(5000);
    const later = { ageMs: 5400, leasedForMs: 5400, dueInMs: 0 };
    assert.deepEqual((await statsOf(backend))[0]?.batch, { ...leased, ...later });
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
    assert.deepEqual((await statsOf(backend))[0]?.batch, { ...waiting, ...failing });
    await clock.advance(2000);
    const again = await lease({ leaseMs: 1000, worker: 'web-2' });
    const leased = { id, ageMs: 4000, attempt: 2, failures: 1, isLeased: true, dueInMs: 1000 };
    const held = { worker: 'web-2', leasedForMs: 0 };
    assert.deepEqual((await statsOf(backend))[0]?.batch, {
      ...leased,
      ...held,
      ...failing,
      failingForMs: 3000,
    });
    await backend.nack(0, again.token, failure(0, { reason: 'down', isVerdict: false }));
    const [stats] = await statsOf(backend);
    assert.deepEqual(
      [stats?.batch?.lastError, stats?.batch?.failingForMs, stats?.batch?.failures],
      ['down', 3000, 1],
    );
  },

  'stats show who holds the lease, and for how long': async ({ add, lease, backend, clock }) => {
    const holder = async () => {
      const [stats] = await statsOf(backend);
      return [stats?.batch?.worker, stats?.batch?.leasedForMs];
    };
    await add([page('/a')]);
    await lease({ leaseMs: 1000, worker: 'one' });
    await clock.advance(1000);
    const second = await lease({ leaseMs: 1000, worker: 'two' });
    assert.deepEqual(await holder(), ['two', 0]);
    await clock.advance(400);
    await backend.renew(0, second.token, 1000);
    await lease({ claimToken: second.claim, worker: 'two, again' });
    assert.deepEqual(await holder(), ['two', 400], 'neither a renewal nor a repeat begins a lease');
    await backend.nack(0, second.token, failure(0));
    assert.deepEqual(await holder(), [undefined, undefined]);
    await lease({ worker: 'three' });
    assert.deepEqual(await holder(), ['three', 0]);
  },

  'stats show who holds a batch that an ack claimed': async ({ add, lease, next, backend }) => {
    await add([page('/a'), page('/b')]);
    const { token } = await lease({ size: 1, worker: 'one' });
    await next(token, { worker: 'two' });
    assert.equal((await statsOf(backend))[0]?.batch?.worker, 'two');
  },

  'a worker may have any name': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    for (const worker of ['a b  c', ' ', '"ü"\n🎉', '\0', '☃'.repeat(128)]) {
      const { token } = await lease({ worker });
      assert.equal((await statsOf(backend))[0]?.batch?.worker, worker);
      await backend.nack(0, token, failure(0));
    }
  },

  'a partition without a batch shows none': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const [pending] = await statsOf(backend);
    assert.ok(pending !== undefined && !('batch' in pending));
    await backend.ack(0, (await lease()).token);
    const [drained] = await statsOf(backend);
    assert.ok(drained !== undefined && !('batch' in drained));
  },
};
