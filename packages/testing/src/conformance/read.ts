import assert from 'node:assert/strict';
import { failure, keyOf, type Promises, page } from './fixture.js';

const NOTHING = { pending: undefined, claimed: undefined };

/** What of a target is not applied yet: pending, or in the unsettled batch. */
export const reading: Promises = {
  'what was never written reads as nothing': async ({ add, hold }) => {
    assert.deepEqual(await hold('/a'), NOTHING);
    await add([page('/a')]);
    assert.deepEqual(await hold('/b'), NOTHING);
    assert.deepEqual(await hold('/a', 5), NOTHING);
  },

  'a pending entry reads as it is': async ({ add, hold }) => {
    const entry = page('/a', { views: 2 }, { title: 'A' });
    await add([entry]);
    const pending = entry.fields;
    assert.deepEqual(await hold('/a'), { pending, claimed: undefined });
  },

  'a claimed entry reads as claimed, and increments that come meanwhile as pending': async ({
    add,
    lease,
    hold,
    clock,
  }) => {
    const first = clock.now();
    await add([page('/a', { views: 2 }), page('/b')]);
    await lease({ size: 1 });
    await clock.advance(1000);
    const claimed = { '@': first, '+views': 2 };
    assert.deepEqual(await hold('/a'), { pending: undefined, claimed });
    await add([page('/a', { views: 5 })]);
    assert.deepEqual(await hold('/a'), { pending: { '+views': 5 }, claimed });
    assert.equal((await hold('/b')).claimed, undefined);
  },

  'an entry stays claimed until its batch ends': async ({ add, lease, backend, hold, clock }) => {
    await add([page('/a')]);
    const first = await lease({ leaseMs: 1000 });
    await backend.nack(0, first.token, failure(1000));
    assert.equal((await hold('/a')).claimed?.['+views'], 1);
    await clock.advance(1000);
    const { token } = await lease({ leaseMs: 1000 });
    await clock.advance(5000);
    assert.equal((await hold('/a')).claimed?.['+views'], 1);
    await backend.ack(0, token);
    assert.deepEqual(await hold('/a'), NOTHING);
  },

  'dead letters are not read': async ({ bury, hold }) => {
    await bury([page('/a')]);
    assert.deepEqual(await hold('/a'), NOTHING);
  },

  'targets of several partitions are read at once, in their order': async ({ add, lease, backend }) => {
    await add([page('/a', { views: 1 }), page('/b', { views: 2 })], { partition: 1 });
    await lease({ partition: 1, size: 1 });
    await add([page('/a', { views: 10 })], { partition: 9 });
    const targets = [
      { partition: 9, key: keyOf('/a') },
      { partition: 1, key: keyOf('/b') },
      { partition: 1, key: keyOf('/nowhere') },
      { partition: 1, key: keyOf('/a') },
      { partition: 9, key: keyOf('/a') },
    ];
    assert.deepEqual(
      (await backend.read(targets)).map(({ pending, claimed }) => [pending?.['+views'], claimed?.['+views']]),
      [
        [10, undefined],
        [2, undefined],
        [undefined, undefined],
        [undefined, 1],
        [10, undefined],
      ],
    );
    assert.deepEqual(await backend.read([]), []);
  },

  'thousands of targets may be read at once': async ({ add, lease, backend }) => {
    const entries = Array.from({ length: 3000 }, (_, index) => page(`/${index}`, { views: index }));
    await add(entries);
    await lease({ size: 1500 });
    const read = await backend.read(entries.map(({ key }) => ({ partition: 0, key })));
    assert.deepEqual(
      read.map(({ pending, claimed }) => (pending ?? claimed)?.['+views']),
      entries.map((_, index) => index),
    );
    assert.deepEqual([read[1499]?.pending, read[1500]?.claimed], [undefined, undefined]);
  },
};
