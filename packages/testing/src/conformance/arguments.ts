import assert from 'node:assert/strict';
import {
  BATCH_BYTES,
  type Burial,
  type Refusal,
  type StoredEntry,
  type StoredTarget,
  type Write,
} from '@sluice/core/backend';
import { failure, type Promises, page, readable, statsOf } from './fixture.js';

/** Arguments and results belong to the caller. */
export const ownership: Promises = {
  'a write may be frozen': async ({ backend, write, read }) => {
    await backend.add(deepFreeze(await write(1, [page('/a', { views: 1 }, { title: 'A' })])));
    await backend.add(deepFreeze(await write(2, [page('/a', { views: 2 }, { title: 'B' })])));
    assert.equal((await read('/a'))?.['+views'], 3);
  },

  'a write is not changed': async ({ backend, write, add }) => {
    const given = await write(1, [page('/a'), page('/b')]);
    const copy = await write(1, [page('/a'), page('/b')]);
    await backend.add(given);
    await add([page('/a'), page('/b')], { producer: 'other' });
    assert.deepEqual(given, copy);
  },

  'what the caller does to a write afterwards has no effect': async ({ add, drain, clock }) => {
    const entries: StoredEntry[] = [page('/a'), page('/b')];
    await add(entries);
    (entries[0] as StoredEntry).fields['+views'] = 1000;
    entries.length = 1;
    const fields = { '@': clock.now(), '+views': 1 };
    assert.deepEqual(await drain(), [
      { ...page('/a'), fields },
      { ...page('/b'), fields },
    ]);
  },

  'requests, targets, failures, burials and ids may be frozen': async ({ add, backend }) => {
    const entry = page('/a');
    await add([entry]);
    await backend.read(deepFreeze([{ partition: 0, key: entry.key }]));
    const request = Object.freeze({
      size: 1,
      bytes: BATCH_BYTES,
      leaseMs: 1000,
      batchIdPrefix: '0-frozen',
      claimToken: 'token',
      worker: 'worker',
      early: false,
    });
    const failed = await backend.claim(0, request);
    assert.ok(failed.status === 'leased');
    assert.equal(await backend.nack(0, failed.leaseToken, Object.freeze(failure(0))), true);
    const claimed = await backend.claim(0, request);
    assert.ok(claimed.status === 'leased');
    const burials: readonly Burial[] = deepFreeze([{ index: 0, reason: 'bad' }]);
    assert.equal(await backend.bury(0, claimed.leaseToken, burials), true);
    await add([entry]);
    const last = await backend.claim(0, request);
    assert.ok(last.status === 'leased');
    assert.deepEqual(await backend.ackAndClaim(0, last.leaseToken, request), { status: 'empty' });
    const ids = Object.freeze((await backend.deadLetters(0, 0, 10)).map(({ id }) => id));
    assert.deepEqual(await backend.redrive(0, ids), ids);
  },

  'what the caller does to fields it read has no effect': async ({ add, lease, backend }) => {
    const entry = page('/a');
    await add([entry]);
    await lease();
    await add([entry]);
    const read = () => backend.read([{ partition: 0, key: entry.key }]);
    const [held] = await read();
    Object.assign(held?.pending ?? {}, { '+views': 1000 });
    Object.assign(held?.claimed ?? {}, { '+views': 1000 });
    const [again] = await read();
    assert.deepEqual([again?.pending?.['+views'], again?.claimed?.['+views']], [1, 1]);
  },

  'what the caller does to refusals has no effect': async ({ add, send }) => {
    await add([page('/a', { views: Number.MAX_SAFE_INTEGER })]);
    for (let times = 0; times < 3; times += 1) {
      const result = await send(2, [page('/a')]);
      assert.ok(result.status === 'applied' || result.status === 'duplicate');
      assert.equal(result.refused.length, 1);
      (result.refused as Refusal[]).length = 0;
    }
  },

  'what a worker does to its batch has no effect on the next delivery': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const { token, entries } = await lease();
    readable(entries[0]).fields['+views'] = 1000;
    (entries as StoredEntry[]).push(page('/b'));
    await backend.nack(0, token, failure(0));
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

  'reading changes nothing': async ({ add, backend, hold, claim }) => {
    await hold('/a', 5);
    await backend.deadLetters(5, 0, 10);
    await backend.partitionCounts();
    await claim({ partition: 5 });
    await add([page('/a')]);
    assert.deepEqual(
      (await statsOf(backend)).map(({ partition }) => partition),
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

function deepFreeze<T extends Write | readonly Burial[] | readonly StoredTarget[]>(value: T): T {
  const freeze = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    Object.values(part).forEach(freeze);
    Object.freeze(part);
  };
  freeze(value);
  return value;
}
