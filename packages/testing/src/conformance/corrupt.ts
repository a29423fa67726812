import assert from 'node:assert/strict';
import { type Backend, createBuffer } from '@sluice/core';
import { CorruptEntryError, deadLetterId } from '@sluice/core/backend';
import { recordingSink } from '../recording-sink.js';
import { type Fixture, keyOf, type Promises, page } from './fixture.js';

/** Makes the stored form of a pending entry unreadable. */
export type Corrupt<B extends Backend> = (backend: B, partition: number, key: string) => Promise<void>;

/** Two pending pages, of which `/bad` is unreadable. */
async function corrupted(fixture: Fixture, corrupt: Corrupt<Backend>): Promise<Fixture> {
  await fixture.add([page('/bad'), page('/good')]);
  await corrupt(fixture.backend, 0, keyOf('/bad'));
  return fixture;
}

/** An unreadable entry harms its own target alone, and is never dropped. */
export function corruption(corrupt: Corrupt<Backend>): Promises {
  const tests: Promises = {
    'an increment of an unreadable entry is refused, alone': async ({ add, read }) => {
      const { refused } = await add([page('/good'), page('/bad'), page('/new')]);
      assert.deepEqual(
        refused.map(({ index, reason }) => [index, reason]),
        [[1, 'corrupt']],
      );
      assert.deepEqual([(await read('/good'))?.['+views'], (await read('/new'))?.['+views']], [2, 1]);
    },

    'reading an unreadable entry says so': async ({ read }) => {
      await assert.rejects(read('/bad'), CorruptEntryError);
      assert.equal((await read('/good'))?.['+views'], 1);
    },

    'reading an unreadable entry of a batch says so': async ({ lease, hold }) => {
      await lease();
      await assert.rejects(hold('/bad'), CorruptEntryError);
      assert.equal((await hold('/good')).claimed?.['+views'], 1);
    },

    'an unreadable entry counts its bytes': async ({ lease }) => {
      assert.equal((await lease({ bytes: 1 })).entries.length, 1);
    },

    'a batch has its unreadable entries at their indexes': async ({ lease }) => {
      const { entries } = await lease();
      assert.deepEqual(
        entries.map((entry) => [entry.key, 'corrupt' in entry]),
        [
          [keyOf('/bad'), true],
          [keyOf('/good'), false],
        ],
      );
    },

    'an unreadable entry can be buried, listed and discarded, but not redriven': async ({
      lease,
      backend,
    }) => {
      const { id, token } = await lease();
      await backend.bury(0, token, [{ index: 0, reason: 'unreadable' }]);
      const [letter] = await backend.deadLetters(0, 0, 10);
      const letterId = deadLetterId(id, 0);
      assert.ok(letter !== undefined && letter.id === letterId && 'corrupt' in letter.entry);
      assert.equal(letter.entry.key, keyOf('/bad'));
      assert.deepEqual(await backend.redrive(0, [letterId]), []);
      assert.deepEqual(await backend.discard(0, [letterId]), [letterId]);
    },

    'a buffer applies the rest, and keeps the unreadable entry as a dead letter': async ({
      backend,
      clock,
    }) => {
      const sink = recordingSink();
      const buffer = createBuffer({ backend, clock, sink, partitions: 1 });
      await buffer.processPending();
      assert.deepEqual(
        sink.entries.map(({ filters }) => filters),
        [{ path: '/good' }],
      );
      assert.deepEqual(
        (await buffer.deadLetters.list()).map(({ entry }) => entry),
        [undefined],
      );
    },
  };
  return Object.fromEntries(
    Object.entries(tests).map(([name, run]) => [
      name,
      async (fixture: Fixture) => run(await corrupted(fixture, corrupt)),
    ]),
  );
}
