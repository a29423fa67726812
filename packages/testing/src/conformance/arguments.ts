import assert from 'node:assert/strict';
import type { Burial, StoredEntry, Write } from '@sluice/core/backend';
import { type Promises, page, readable, write } from './fixture.js';

/** Arguments and results belong to the caller. */
export const ownership: Promises = {
  'a write may be frozen': async ({ backend, read }) => {
    await backend.add(deepFreeze(write(1, [page('/a', { views: 1 }, { title: 'A' })])));
    await backend.add(deepFreeze(write(2, [page('/a', { views: 2 }, { title: 'B' })])));
    assert.equal((await read('/a'))?.['+views'], 3);
  },

  'a write is not changed': async ({ backend }) => {
    const given = write(1, [page('/a'), page('/b')]);
    const copy = write(1, [page('/a'), page('/b')]);
    await backend.add(given);
    await backend.add(write(2, [page('/a'), page('/b')]));
    assert.deepEqual(given, copy);
  },

  'what the caller does to a write afterwards has no effect': async ({ backend, drain, clock }) => {
    const entries: StoredEntry[] = [page('/a'), page('/b')];
    await backend.add(write(1, entries));
    (entries[0] as StoredEntry).fields['+views'] = 1000;
    entries.length = 1;
    const fields = { '@': clock.now(), '+views': 1 };
    assert.deepEqual(await drain(), [
      { ...page('/a'), fields },
      { ...page('/b'), fields },
    ]);
  },

  'requests, burials and ids may be frozen': async ({ add, backend }) => {
    await add([page('/a')]);
    const request = Object.freeze({ size: 1, leaseMs: 1000, batchIdPrefix: '0-frozen', claimToken: 'token' });
    const claimed = await backend.claim(0, request);
    assert.ok(claimed.status === 'leased');
    const burials: readonly Burial[] = deepFreeze([{ index: 0, reason: 'bad' }]);
    assert.equal(await backend.bury(0, claimed.leaseToken, burials), true);
    const ids = Object.freeze((await backend.deadLetters(0, 0, 10)).map(({ id }) => id));
    assert.deepEqual(await backend.redrive(0, ids), ids);
  },

  'what the caller does to fields it read has no effect': async ({ add, read }) => {
    await add([page('/a')]);
    Object.assign((await read('/a')) ?? {}, { '+views': 1000 });
    assert.equal((await read('/a'))?.['+views'], 1);
  },

  'what a worker does to its batch has no effect on the next delivery': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const { token, entries } = await lease();
    readable(entries[0]).fields['+views'] = 1000;
    (entries as StoredEntry[]).push(page('/b'));
    await backend.nack(0, token, 0);
    const again = await lease();
    assert.equal(again.entries.length, 1);
    assert.equal(readable(again.entries[0]).fields['+views'], 1);
  },

  'what the caller does to a dead letter has no effect': async ({ bury, backend, read }) => {
    const [letter] = await bury([page('/a')]);
    readable(letter.entry).fields['+views'] = 1000;
    await backend.redrive(0, [letter.id]);
    assert.equal((await read('/a'))?.['+views'], 1);
  },
};

/** What is there before anything was written, and after everything is over. */
export const lifecycle: Promises = {
  'a backend has a name': async ({ backend }) => {
    assert.match(backend.name, /\S/);
  },

  'what was never written reads as nothing': async ({ add, read, backend }) => {
    assert.equal(await read('/a'), undefined);
    await add([page('/a')]);
    assert.equal(await read('/b'), undefined);
    assert.equal(await backend.read(5, page('/a').key), undefined);
  },

  'reading changes nothing': async ({ add, backend, claim }) => {
    assert.equal(await backend.read(5, page('/a').key), undefined);
    await backend.deadLetters(5, 0, 10);
    await claim({ partition: 5 });
    await add([page('/a')]);
    assert.deepEqual(
      (await backend.stats()).map(({ partition }) => partition),
      [0],
    );
  },

  'validation says how durable the backend is, and advises in words': async ({ backend }) => {
    const { durability, advice } = await backend.validate();
    assert.ok(['none', 'recent-loss', 'every-write', 'unknown'].includes(durability), durability);
    assert.ok(advice.every((sentence) => typeof sentence === 'string' && sentence !== ''));
  },

  'a backend that was never used can be closed': async ({ backend }) => {
    await backend.close();
  },

  'a backend may be closed twice, also at the same time': async ({ add, backend }) => {
    await add([page('/a')]);
    await Promise.all([backend.close(), backend.close()]);
    await backend.close();
  },
};

function deepFreeze<T extends Write | readonly Burial[]>(value: T): T {
  const freeze = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    Object.values(part).forEach(freeze);
    Object.freeze(part);
  };
  freeze(value);
  return value;
}
