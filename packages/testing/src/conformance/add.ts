import assert from 'node:assert/strict';
import { type Promises, page, statsOf } from './fixture.js';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Numbered writes: each applies once, in order, or says why not. */
export const add: Promises = {
  'the first write of a producer has the number 1': async ({ send }) => {
    assert.deepEqual(await send(1, [page('/a')]), { status: 'applied', position: 1, refused: [] });
  },

  'the next number applies, at the next position': async ({ send, read }) => {
    await send(1, [page('/a')]);
    assert.deepEqual(await send(2, [page('/a')]), { status: 'applied', position: 2, refused: [] });
    assert.equal((await read('/a'))?.['+views'], 2);
  },

  'a repeated write changes nothing': async ({ send, read }) => {
    await send(1, [page('/a')]);
    assert.deepEqual(await send(1, [page('/a')]), { status: 'duplicate', position: 1, refused: [] });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a repeated write gets the position at which it was applied': async ({ add, send }) => {
    await send(1, [page('/a')]);
    await add([page('/a')], { producer: 'other' });
    assert.deepEqual(await send(1, [page('/a')]), { status: 'duplicate', position: 1, refused: [] });
    assert.deepEqual(await send(2, [page('/a')]), { status: 'applied', position: 3, refused: [] });
  },

  'an empty write only takes its number': async ({ send, read }) => {
    await send(1, [page('/a')]);
    assert.deepEqual(await send(2, []), { status: 'applied', position: 2, refused: [] });
    assert.equal((await send(3, [page('/b')])).status, 'applied');
    assert.deepEqual([(await read('/a'))?.['+views'], (await read('/b'))?.['+views']], [1, 1]);
  },

  'a number that another write has used is a conflict': async ({ send, read }) => {
    await send(1, [page('/a')]);
    assert.deepEqual(await send(1, [page('/a')], { nonce: 'of a copy' }), { status: 'conflict' });
    await send(2, []);
    assert.deepEqual(await send(2, [page('/a')], { nonce: 'of a copy' }), { status: 'conflict' });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a conflict changes nothing: the write that has the number is still known': async ({ send }) => {
    await send(1, [page('/a')]);
    await send(1, [page('/a')], { nonce: 'of a copy' });
    assert.equal((await send(1, [page('/a')])).status, 'duplicate');
    assert.equal((await send(2, [page('/a')])).status, 'applied');
  },

  'a number from long ago is a conflict': async ({ add, send, read }) => {
    for (let number = 1; number <= 5; number += 1) await add([page('/a')]);
    for (const number of [4, 1]) {
      assert.deepEqual(await send(number, [page('/a')]), { status: 'conflict' });
    }
    assert.equal((await read('/a'))?.['+views'], 5);
  },

  'a repeated write stays a duplicate after its entries were applied': async ({ send, drain }) => {
    await send(1, [page('/a')]);
    await drain();
    assert.equal((await send(1, [page('/a')])).status, 'duplicate');
    assert.deepEqual(await drain(), []);
  },

  'a write repeated at the same time applies once': async ({ backend, write, read }) => {
    const frozen = await write(1, [page('/a')]);
    const results = await Promise.all([1, 2, 3, 4].map(() => backend.add(frozen)));
    const statuses = results.map(({ status }) => status).sort();
    assert.deepEqual(statuses, ['applied', 'duplicate', 'duplicate', 'duplicate']);
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'two writes with one number at the same time: one applies, the other one is a conflict': async ({
    backend,
    write,
    read,
  }) => {
    const [one, two] = [await write(1, [page('/a')]), await write(1, [page('/a')], { nonce: 'of a copy' })];
    const results = await Promise.all([backend.add(one), backend.add(two)]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['applied', 'conflict']);
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a skipped number is a gap behind the last number': async ({ add, send, read }) => {
    await add([page('/a')]);
    await add([page('/a')]);
    assert.deepEqual(await send(4, [page('/a')]), { status: 'gap', last: 2, position: 2 });
    assert.equal((await read('/a'))?.['+views'], 2);
  },

  'a producer without a record is behind by all its writes': async ({ add, send, read }) => {
    await add([page('/a')]);
    assert.deepEqual(await send(7, [page('/a')], { producer: 'stranger' }), {
      status: 'gap',
      last: 0,
      position: 1,
    });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a write that follows the last number skips a gap, and what is late of it conflicts': async ({
    add,
    send,
    write,
    backend,
    read,
  }) => {
    await add([page('/a')]);
    const [second, fourth] = [await write(2, [page('/a')]), await write(4, [page('/a')])];
    assert.equal((await send(4, [page('/a')], { follows: 1 })).status, 'applied');
    assert.deepEqual(await backend.add(second), { status: 'conflict' });
    assert.equal((await backend.add(fourth)).status, 'duplicate');
    assert.equal((await send(5, [page('/a')])).status, 'applied');
    assert.equal((await read('/a'))?.['+views'], 3);
  },

  'a write that follows another number than the last one is not applied': async ({ add, send, read }) => {
    await add([page('/a')]);
    await add([page('/a')]);
    const result = await send(5, [page('/a')], { follows: 1 });
    assert.deepEqual(result, { status: 'gap', last: 2, position: 2 });
    assert.equal((await read('/a'))?.['+views'], 2);
  },

  'a gap in an empty partition leaves it empty': async ({ send, drain }) => {
    await send(2, [page('/a')]);
    assert.deepEqual(await drain(), []);
  },

  'a gap closes when the missing writes come': async ({ send, read }) => {
    await send(1, [page('/a')]);
    await send(3, [page('/a')]);
    for (const number of [2, 3]) assert.equal((await send(number, [page('/a')])).status, 'applied');
    assert.equal((await read('/a'))?.['+views'], 3);
  },

  'every producer counts its own writes': async ({ add, send, read }) => {
    await add([page('/a')], { producer: 'one' });
    await add([page('/a')], { producer: 'two' });
    await add([page('/a')], { producer: 'one' });
    assert.equal((await send(2, [page('/a')], { producer: 'one' })).status, 'duplicate');
    assert.equal((await send(2, [page('/a')], { producer: 'two' })).status, 'applied');
    assert.equal((await read('/a'))?.['+views'], 4);
  },

  'a producer counts its writes by partition': async ({ add, read }) => {
    await add([page('/a')], { partition: 1 });
    await add([page('/b')], { partition: 2 });
    const [one, two] = [await read('/a', 1), await read('/b', 2)];
    assert.deepEqual([one?.['+views'], two?.['+views']], [1, 1]);
  },

  'a number is remembered for good': async ({ add, send, clock }) => {
    await add([page('/a')]);
    await add([page('/a')]);
    await clock.advance(YEAR_MS);
    await add([page('/b')], { producer: 'other' });
    assert.equal((await send(2, [page('/a')])).status, 'duplicate');
    assert.equal((await send(3, [page('/a')])).status, 'applied');
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

/** More producers than a backend has to keep the records of. */
const CROWD = Array.from({ length: 1100 }, (_, index) => `producer-${index}`);

/** What a backend cannot know of a producer, it says. */
export const unknown: Promises = {
  'a partition that nobody joined has no epoch, and takes none from a write': async ({ backend, write }) => {
    const frozen = { ...(await write(1, [page('/a')])), partition: 5 };
    for (const epoch of [frozen.epoch, '']) {
      assert.deepEqual(await backend.add({ ...frozen, epoch }), { status: 'unknown', epoch: '', floor: 0 });
    }
    assert.deepEqual(
      (await statsOf(backend)).map(({ partition }) => partition),
      [0],
    );
  },

  'a write of another epoch gets the one that there is': async ({ backend, send, read }) => {
    const { epoch } = await backend.join(0, 16);
    await send(1, [page('/a')]);
    for (const number of [1, 2, 7]) {
      const result = await send(number, [page('/a')], { epoch: 'another one' });
      assert.deepEqual(result, { status: 'unknown', epoch, floor: 0 });
    }
    const stranger = await send(1, [page('/a')], { producer: 'stranger', epoch: 'another one' });
    assert.deepEqual(stranger, { status: 'unknown', epoch, floor: 0 });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'a producer whose record may have been removed is unknown; it never begins anew': async ({
    backend,
    add,
    write,
    send,
    read,
  }) => {
    const first = await write(1, [page('/a')], { producer: 'first' });
    await backend.add(first);
    for (const producer of CROWD) await add([], { producer });
    const repeated = await backend.add(first);
    assert.ok(repeated.status === 'duplicate' || repeated.status === 'unknown', repeated.status);
    if (repeated.status === 'unknown') assert.ok(repeated.floor > 1, `the floor is ${repeated.floor}`);
    const next = await Promise.all(CROWD.map((producer) => send(2, [page('/b')], { producer })));
    assert.ok(next.every(({ status }) => status === 'applied' || status === 'unknown'));
    const applied = next.filter(({ status }) => status === 'applied').length;
    assert.deepEqual([(await read('/a'))?.['+views'], (await read('/b'))?.['+views']], [1, applied]);
  },

  'the last producer of many is known, and others may begin': async ({ add, send }) => {
    for (const producer of CROWD) await add([], { producer });
    await add([page('/a')], { producer: 'latest' });
    assert.equal((await send(1, [page('/a')], { producer: 'latest' })).status, 'duplicate');
    assert.equal((await send(2, [page('/a')], { producer: 'latest' })).status, 'applied');
    assert.equal((await send(1, [page('/a')], { producer: 'new' })).status, 'applied');
  },
};
