import assert from 'node:assert/strict';
import { type Fields, leaseToken, packedBytes, type StoredEntry } from '@sluice/core/backend';
import { failure, type Promises, page, readable, sums } from './fixture.js';

/** A claim freezes pending entries into a batch and leases it. */
export const claim: Promises = {
  'a partition that was never used has nothing to claim': async ({ claim }) => {
    assert.deepEqual(await claim({ partition: 7 }), { status: 'empty' });
  },

  'a partition that ran empty has nothing to claim': async ({ add, drain, claim }) => {
    await add([page('/a')]);
    await drain();
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'a new batch is a first attempt, and holds the fields; its id begins with that of the claim': async ({
    add,
    lease,
    clock,
  }) => {
    const entry = page('/a', { views: 2 }, { title: 'A' });
    await add([entry]);
    const entries = [{ key: entry.key, fields: { ...entry.fields, '@': clock.now() } }];
    const batch = await lease({ batchIdPrefix: '0-first' });
    assert.deepEqual([batch.attempt, batch.entries, batch.remaining], [1, entries, 0]);
    assert.ok(batch.id.startsWith('0-first'), `the id begins with that of the claim; it is ${batch.id}`);
  },

  'a batch has at most as many entries as asked for': async ({ add, lease, backend }) => {
    await add(['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)));
    const batches = [];
    for (let round = 0; round < 3; round += 1) {
      const batch = await lease({ size: 2 });
      batches.push([batch.paths.length, batch.remaining]);
      await backend.ack(0, batch.token);
    }
    assert.deepEqual(batches, [
      [2, 3],
      [2, 1],
      [1, 0],
    ]);
  },

  'a batch of exactly the size leaves nothing behind': async ({ add, lease, backend, claim }) => {
    await add([page('/a'), page('/b')]);
    const { token, remaining } = await lease({ size: 2 });
    assert.equal(remaining, 0);
    await backend.ack(0, token);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'a batch may hold thousands of entries': async ({ add, lease, backend, drain }) => {
    for (const part of ['a', 'b', 'c', 'd', 'e']) {
      await add(Array.from({ length: 1000 }, (_, index) => page(`/${part}/${index}`)));
    }
    const { token, entries, remaining, paths } = await lease({ size: 4500 });
    assert.deepEqual([entries.length, remaining, paths.at(-1)], [4500, 500, '/e/499']);
    assert.ok(entries.every((entry) => readable(entry).fields['+views'] === 1));
    await backend.ack(0, token);
    assert.equal((await drain()).length, 500);
  },

  'a claimed entry is no longer pending': async ({ add, lease, read }) => {
    await add([page('/a'), page('/b')]);
    await lease({ size: 1 });
    assert.equal(await read('/a'), undefined);
    assert.equal((await read('/b'))?.['+views'], 1);
  },

  'a partition has one unsettled batch; others hear for how long': async ({ add, lease, claim, clock }) => {
    await add([page('/a'), page('/b')]);
    await lease({ size: 1, leaseMs: 9000 });
    assert.deepEqual(await claim(), { status: 'busy', forMs: 9000 });
    await clock.advance(4000);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 5000 });
  },

  'a claim that was turned away leaves no trace': async ({ add, lease, claim, backend }) => {
    await add([page('/a')]);
    const { id } = await lease({ claimToken: 'mine' });
    await claim({ claimToken: 'turned-away' });
    assert.equal(await backend.ack(0, leaseToken(id, 'turned-away')), false);
    assert.equal((await lease({ claimToken: 'mine' })).id, id);
  },

  'partitions are leased on their own': async ({ add, lease }) => {
    await add([page('/a')], { partition: 1 });
    await add([page('/b')], { partition: 2 });
    const [one, two] = await Promise.all([lease({ partition: 1 }), lease({ partition: 2 })]);
    assert.deepEqual([one.paths, two.paths], [['/a'], ['/b']]);
  },

  'a claim repeated with its token returns the same lease': async ({ add, lease }) => {
    await add([page('/a'), page('/b')]);
    const first = await lease({ size: 1, claimToken: 'mine' });
    const again = await lease({ size: 1, claimToken: 'mine', batchIdPrefix: '0-other' });
    assert.deepEqual(again, first);
  },

  'a repeated claim keeps its deadline': async ({ add, lease, claim, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000, claimToken: 'mine' });
    await clock.advance(400);
    await lease({ leaseMs: 1000, claimToken: 'mine' });
    assert.deepEqual(await claim(), { status: 'busy', forMs: 600 });
  },

  'a delayed repeat of a claim does not lease the next batch to who settled the last one': async ({
    add,
    lease,
    backend,
  }) => {
    await add([page('/a')]);
    const first = await lease({ claimToken: 'mine' });
    await backend.ack(0, first.token);
    await add([page('/b')]);
    const late = await lease({ claimToken: 'mine' });
    assert.equal(await backend.renew(0, first.token, 1000), false);
    assert.equal(await backend.ack(0, first.token), true, 'the repeat of an ack whose reply was lost');
    assert.equal(await backend.ack(0, late.token), true, 'the batch is still there');
    assert.deepEqual(late.paths, ['/b']);
  },

  'two claims at the same time get one lease': async ({ add, claim }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim({ size: 1 })));
    const statuses = claims.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array<string>(9).fill('busy'), 'leased']);
  },

  'claims and writes at the same time lose nothing': async ({ add, claim, backend, drain }) => {
    const drained = [];
    for (let round = 0; round < 10; round += 1) {
      const writes = ['one', 'two'].map((producer) => add([page('/a'), page('/b')], { producer }));
      const [claimed] = await Promise.all([claim({ size: 1 }), ...writes]);
      if (claimed.status !== 'leased') continue;
      drained.push(...claimed.batch.entries.map(readable));
      await backend.ack(0, claimed.leaseToken);
    }
    assert.deepEqual(sums([...drained, ...(await drain())]), { '/a': 20, '/b': 20 });
  },
};

/** A batch has a bound in bytes, but for an entry that is larger all alone. */
export const bytes: Promises = {
  'a batch has at most as many bytes as asked for': async ({ add, lease, backend, clock }) => {
    const entries = ['/a', '/b', '/c', '/d', '/e'].map((path) => page(path));
    await add(entries);
    const each = bytesOf(page('/a'), clock.now());
    const batches = [];
    for (const bytes of [2 * each, 2 * each - 1, 3 * each]) {
      const batch = await lease({ bytes });
      batches.push([batch.paths, batch.remaining]);
      await backend.ack(0, batch.token);
    }
    assert.deepEqual(batches, [
      [['/a', '/b'], 3],
      [['/c'], 2],
      [['/d', '/e'], 0],
    ]);
  },

  'bytes are those of UTF-8': async ({ add, lease, clock }) => {
    const entries = ['/☃☃☃', '/🎉🎉', '/ü"\n'].map((path) => page(path, {}, { '☃': '🎉☃ü'.repeat(100) }));
    await add(entries);
    const [first, second] = entries.map((entry) => bytesOf(entry, clock.now())) as [number, number];
    assert.equal((await lease({ bytes: first + second + 300 })).paths.length, 2);
  },

  'an entry that is larger than a batch is a batch alone': async ({ add, lease, backend }) => {
    await add([page('/small'), page('/large', {}, { text: 'x'.repeat(5000) }), page('/b'), page('/c')]);
    const batches = [];
    for (let round = 0; round < 3; round += 1) {
      const { paths, token } = await lease({ bytes: 1000 });
      batches.push(paths);
      await backend.ack(0, token);
    }
    assert.deepEqual(batches, [['/small'], ['/large'], ['/b', '/c']]);
  },

  'the entry counts as it is when it is claimed': async ({ add, lease }) => {
    await add([page('/a'), page('/b')]);
    await add([page('/a', {}, { text: 'x'.repeat(1000) })]);
    assert.deepEqual((await lease({ bytes: 1000 })).paths, ['/a']);
  },

  'a batch of fewer bytes has at most the entries asked for': async ({ add, lease }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    assert.deepEqual((await lease({ size: 2, bytes: 500 })).paths, ['/a', '/b']);
  },

  'a batch that is delivered again is not cut': async ({ add, lease, backend }) => {
    await add([page('/a'), page('/b')]);
    const first = await lease();
    assert.equal((await lease({ claimToken: first.claim, bytes: 1 })).paths.length, 2);
    await backend.nack(0, first.token, failure(0));
    assert.equal((await lease({ bytes: 1 })).paths.length, 2);
  },
};

/** Bytes of an entry once it is pending. */
function bytesOf({ key, fields }: StoredEntry, now: number): number {
  const stored: Fields = { '@': now, ...fields };
  return packedBytes({ key, fields: stored });
}

/** Increments that come while a batch is out. */
export const frozen: Promises = {
  'a batch stays as it was claimed when more is added': async ({ add, lease, clock }) => {
    await add([page('/a', { views: 1 }, { title: 'old' })]);
    const first = await lease({ leaseMs: 1000 });
    await add([page('/a', { views: 100 }, { title: 'new' }), page('/b')]);
    const again = await lease({ claimToken: first.claim });
    await clock.advance(1000);
    const delivered = await lease();
    assert.deepEqual([again.entries, delivered.entries], [first.entries, first.entries]);
  },

  'an increment of a claimed target is pending on its own': async ({ add, lease, read, clock }) => {
    await add([page('/a', { views: 1 }, { title: 'old' })]);
    await lease();
    await clock.advance(1000);
    await add([page('/a', { views: 5 })]);
    assert.deepEqual(await read('/a'), { '+views': 5 });
  },

  'an increment of a claimed target is in the next batch': async ({ add, lease, backend, claim }) => {
    await add([page('/a')]);
    const first = await lease();
    await add([page('/a', { views: 5 })]);
    await add([page('/a', { views: 5 })]);
    await backend.ack(0, first.token);
    const next = await lease();
    assert.deepEqual(sums(next.entries.map(readable)), { '/a': 10 });
    await backend.ack(0, next.token);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'an increment of a claimed target survives a nack of its batch': async ({ add, lease, backend, drain }) => {
    await add([page('/a')]);
    const { token } = await lease();
    await add([page('/a', { views: 5 })]);
    await backend.nack(0, token, failure(0));
    const again = await lease();
    assert.deepEqual(sums(again.entries.map(readable)), { '/a': 1 });
    await backend.ack(0, again.token);
    assert.deepEqual(sums(await drain()), { '/a': 5 });
  },
};

/** Entries leave a partition in the order of their first increments. */
export const order: Promises = {
  'first in, first out': async ({ add, drain }) => {
    await add([page('/b'), page('/d')]);
    await add([page('/a')], { producer: 'other' });
    await add([page('/c')]);
    assert.deepEqual(Object.keys(sums(await drain())), ['/b', '/d', '/a', '/c']);
  },

  'a further increment leaves its target where it is in the queue': async ({ add, drain }) => {
    await add([page('/a'), page('/b')]);
    await add([page('/c'), page('/a')]);
    assert.deepEqual(Object.keys(sums(await drain())), ['/a', '/b', '/c']);
  },

  'the order holds across batches': async ({ add, lease, backend }) => {
    await add(['/5', '/1', '/4', '/2', '/3'].map((path) => page(path)));
    const paths: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const batch = await lease({ size: 2 });
      paths.push(...batch.paths);
      await backend.ack(0, batch.token);
    }
    assert.deepEqual(paths, ['/5', '/1', '/4', '/2', '/3']);
  },

  'an increment of a claimed target goes to the end': async ({ add, lease, backend, drain }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const { token } = await lease({ size: 1 });
    await add([page('/a')]);
    await backend.ack(0, token);
    assert.deepEqual(Object.keys(sums(await drain())), ['/b', '/c', '/a']);
  },
};
