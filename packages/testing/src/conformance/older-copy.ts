import assert from 'node:assert/strict';
import type { Backend } from '@sluice/core';
import { type Fixture, type Promises, page } from './fixture.js';

/** Copies all data of a backend, and returns what brings the copy back. */
export type Copy<B extends Backend> = (backend: B) => Promise<() => Promise<void>>;

/** A server may restart from an older copy of its data, or without any. */
export function olderCopy(copy: Copy<Backend>): Promises {
  /** What a restart without data does. Copies the backend while it is empty. */
  const wipe = ({ backend }: Fixture): Promise<() => Promise<void>> => copy(backend);

  return {
    'a wiped partition has no epoch until it is joined, and then another one': async (fixture) => {
      const { backend, send } = fixture;
      const wiped = await wipe(fixture);
      await send(1, [page('/a')]);
      const { epoch } = await backend.join(0, 16);
      await wiped();
      assert.deepEqual(await send(2, [page('/a')]), { status: 'unknown', epoch: '', floor: 0 });
      const joined = await backend.join(0, 16);
      assert.notEqual(joined.epoch, epoch);
      assert.equal(joined.position, 0);
      assert.deepEqual(await send(1, [page('/a')]), { status: 'unknown', epoch: joined.epoch, floor: 0 });
      assert.equal((await send(1, [page('/a')], { ...joined, producer: 'new' })).status, 'applied');
    },

    'no two of a thousand epochs are the same': async (fixture) => {
      const { backend } = fixture;
      const wiped = await wipe(fixture);
      const epochs = new Set<string>();
      for (let life = 0; life < 100; life += 1) {
        for (const { epoch } of await Promise.all(TEN.map((partition) => backend.join(partition, 16)))) {
          epochs.add(epoch);
        }
        await wiped();
      }
      assert.equal(epochs.size, 1000);
    },

    'writes that an older copy lacks are a gap': async ({ backend, send, read }) => {
      await send(1, [page('/a')]);
      const restart = await copy(backend);
      await send(2, [page('/a')]);
      await restart();
      const result = await send(3, [page('/a')]);
      assert.ok(result.status === 'gap' && result.last === 1);
      for (const number of [2, 3]) assert.equal((await send(number, [page('/a')])).status, 'applied');
      assert.equal((await read('/a'))?.['+views'], 3);
    },

    'a producer that an older copy lacks may send all its writes again': async ({ backend, send, read }) => {
      await backend.join(0, 16);
      const restart = await copy(backend);
      await send(1, [page('/a')]);
      await send(2, [page('/a')]);
      await restart();
      const result = await send(3, [page('/a')]);
      assert.ok(result.status === 'gap' && result.last === 0);
      for (const number of [1, 2, 3]) assert.equal((await send(number, [page('/a')])).status, 'applied');
      assert.equal((await read('/a'))?.['+views'], 3);
    },

    'no batch id is used twice': async ({ backend, add, lease }) => {
      await add([page('/a')]);
      const restart = await copy(backend);
      const ids = [];
      for (let times = 0; times < 3; times += 1) {
        ids.push((await lease({ batchIdPrefix: '0-same' })).id);
        await restart();
      }
      assert.equal(new Set(ids).size, 3);
    },
  };
}

const TEN = Array.from({ length: 10 }, (_, partition) => partition);
