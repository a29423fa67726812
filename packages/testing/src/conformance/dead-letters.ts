import assert from 'node:assert/strict';
import { deadLetterId } from '@sluice/core/backend';
import { failure, type Promises, page, statsOf } from './fixture.js';

const MOST = Number.MAX_SAFE_INTEGER;

/** Entries that were given up are set aside, never dropped. */
export const burial: Promises = {
  'a dead letter has the entry, the reason, the attempts and the time': async ({
    add,
    lease,
    backend,
    clock,
  }) => {
    const entry = page('/b', { views: 2 }, { title: 'B' });
    const stored = { key: entry.key, fields: { ...entry.fields, '@': clock.now() } };
    await add([page('/a'), entry]);
    await backend.nack(0, (await lease()).token, failure(1000));
    await clock.advance(1000);
    const { id, token } = await lease();
    const reason = 'no such row: "ü"\n🎉';
    assert.equal(await backend.bury(0, token, [{ index: 1, reason }]), true);
    assert.deepEqual(await backend.deadLetters(0, 0, 10), [
      { id: deadLetterId(id, 1), entry: stored, reason, attempts: 2, buriedAt: clock.now() },
    ]);
  },

  'a burial ends the batch: what it does not name was applied': async ({
    add,
    lease,
    claim,
    backend,
    clock,
  }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const { token } = await lease({ leaseMs: 1000 });
    await backend.bury(0, token, [{ index: 1, reason: 'bad' }]);
    await clock.advance(1000);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'a whole batch may be buried': async ({ bury }) => {
    const letters = await bury([page('/a'), page('/b'), page('/c')], [0, 1, 2]);
    assert.deepEqual(
      letters.map(({ entry }) => entry.key),
      ['/a', '/b', '/c'].map((path) => page(path).key),
    );
  },

  'pending entries are not buried with the batch before them': async ({ add, lease, backend, drain }) => {
    await add([page('/a')]);
    const { token } = await lease();
    await add([page('/a', { views: 5 })]);
    await backend.bury(0, token, [{ index: 0, reason: 'bad' }]);
    assert.deepEqual(
      (await drain()).map(({ fields }) => fields['+views']),
      [5],
    );
  },

  'dead letters come oldest first': async ({ bury, clock }) => {
    for (const path of ['/c', '/a', '/b']) {
      await bury([page(path)]);
      await clock.advance(1000);
    }
    const letters = await bury([page('/d'), page('/e')], [0, 1]);
    assert.deepEqual(
      letters.map(({ entry }) => entry.key),
      ['/c', '/a', '/b', '/d', '/e'].map((path) => page(path).key),
    );
  },

  'dead letters come in pages': async ({ bury, backend }) => {
    const letters = await bury(
      ['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)),
      [0, 1, 2, 3, 4],
    );
    assert.deepEqual(await backend.deadLetters(0, 0, 2), letters.slice(0, 2));
    assert.deepEqual(await backend.deadLetters(0, 2, 2), letters.slice(2, 4));
    assert.deepEqual(await backend.deadLetters(0, 4, 2), letters.slice(4));
    assert.deepEqual(await backend.deadLetters(0, 5, 2), []);
    assert.deepEqual(await backend.deadLetters(0, 0, 0), []);
  },

  'a partition without dead letters lists none': async ({ bury, backend }) => {
    await bury([page('/a')]);
    assert.deepEqual(await backend.deadLetters(1, 0, 10), []);
  },

  'dead letters of one time come by the bytes of their ids': async ({ add, lease, backend }) => {
    for (const batchIdPrefix of ['0-b', '0-B', '0-a1', '0-a']) {
      await add([page('/a')]);
      const { token } = await lease({ batchIdPrefix });
      await backend.bury(0, token, [{ index: 0, reason: 'bad' }]);
    }
    const ids = (await backend.deadLetters(0, 0, 10)).map(({ id }) => id);
    assert.deepEqual(
      ids.map((id) => id.slice(0, 3)),
      ['0-B', '0-a', '0-a', '0-b'],
    );
    assert.deepEqual(ids, [...ids].sort());
  },

  'dead letters stay while the partition goes on': async ({ bury, add, drain, backend, clock }) => {
    const letters = await bury([page('/a')]);
    await add([page('/a')]);
    await drain();
    await clock.advance(365 * 24 * 60 * 60 * 1000);
    assert.deepEqual(await backend.deadLetters(0, 0, 10), letters);
  },
};

/** Dead letters go back to the pending entries when asked for. */
export const redrive: Promises = {
  'a redriven entry is pending again, and no longer dead': async ({ bury, backend, drain }) => {
    const [letter] = await bury([page('/a', { views: 7 })]);
    const id = letter.id;
    assert.deepEqual(await backend.redrive(0, [id]), [id]);
    assert.deepEqual(await backend.deadLetters(0, 0, 10), []);
    assert.deepEqual(await drain(), [letter.entry]);
  },

  'a redriven entry goes once': async ({ bury, backend, read }) => {
    const [letter] = await bury([page('/a', { views: 7 })]);
    const id = letter.id;
    assert.deepEqual(await backend.redrive(0, [id, id]), [id]);
    assert.deepEqual(await backend.redrive(0, [id]), []);
    assert.equal((await read('/a'))?.['+views'], 7);
  },

  'redriving merges with what is pending, and keeps the earlier time': async (fixture) => {
    const { bury, add, backend, drain, clock } = fixture;
    const first = clock.now();
    const [letter] = await bury([page('/a', { views: 7 })]);
    await clock.advance(5000);
    await add([page('/a', { views: 1, likes: 1 })]);
    await backend.redrive(0, [letter.id]);
    const [entry] = await drain();
    assert.deepEqual(entry?.fields, { '@': first, '+views': 8, '+likes': 1 });
  },

  'a redriven entry keeps its own time': async ({ bury, add, backend, drain, clock }) => {
    const first = clock.now();
    const [letter] = await bury([page('/a', { views: 7 })]);
    await clock.advance(5000);
    await backend.redrive(0, [letter.id]);
    assert.equal((await statsOf(backend))[0]?.oldestPendingMs, 5000);
    await add([page('/a')]);
    const [entry] = await drain();
    assert.deepEqual(entry?.fields, { '@': first, '+views': 8 });
  },

  'redriving leaves the batch that is out alone': async ({ bury, add, lease, backend, drain }) => {
    const [letter] = await bury([page('/a', { views: 7 })]);
    await add([page('/a')]);
    const out = await lease();
    await backend.redrive(0, [letter.id]);
    assert.deepEqual((await lease({ claimToken: out.claim })).entries, out.entries);
    await backend.ack(0, out.token);
    assert.deepEqual(
      (await drain()).map(({ fields }) => fields['+views']),
      [7],
    );
  },

  'redriving picks letters by id': async ({ bury, backend, drain }) => {
    const letters = await bury([page('/a'), page('/b'), page('/c')], [0, 1, 2]);
    const [a, b, c] = letters.map(({ id }) => id) as [string, string, string];
    assert.deepEqual((await backend.redrive(0, [c, a])).sort(), [a, c]);
    assert.deepEqual(
      (await backend.deadLetters(0, 0, 10)).map(({ id }) => id),
      [b],
    );
    assert.equal((await drain()).length, 2);
  },

  'hundreds of letters may be redriven at once': async ({ bury, backend, drain }) => {
    const entries = Array.from({ length: 500 }, (_, index) => page(`/${index}`));
    const letters = await bury(
      entries,
      entries.map((_, index) => index),
    );
    const redriven = await backend.redrive(
      0,
      letters.map(({ id }) => id),
    );
    assert.deepEqual([redriven.length, (await drain()).length], [500, 500]);
  },

  'an entry that would overflow stays dead, and the others go': async ({ bury, add, backend, read }) => {
    const letters = await bury([page('/full'), page('/b')], [0, 1]);
    const [full, b] = letters.map(({ id }) => id) as [string, string];
    await add([page('/full', { views: MOST })]);
    assert.deepEqual(await backend.redrive(0, [full, b]), [b]);
    assert.deepEqual(await backend.deadLetters(0, 0, 10), [letters[0]]);
    assert.equal((await read('/full'))?.['+views'], MOST);
  },

  'unknown ids are not redriven': async ({ bury, backend, drain }) => {
    const [letter] = await bury([page('/a')]);
    assert.deepEqual(await backend.redrive(0, [deadLetterId('0-unknown', 0)]), []);
    assert.deepEqual(await backend.redrive(1, [letter.id]), []);
    assert.deepEqual(await backend.redrive(0, []), []);
    assert.deepEqual(await drain(), []);
  },

  'two redrives at the same time move a letter once': async ({ bury, backend, read }) => {
    const [letter] = await bury([page('/a', { views: 7 })]);
    const id = letter.id;
    const redriven = await Promise.all([backend.redrive(0, [id]), backend.redrive(0, [id])]);
    assert.deepEqual(redriven.flat(), [id]);
    assert.equal((await read('/a'))?.['+views'], 7);
  },
};

/** Dead letters may be deleted for good. */
export const discard: Promises = {
  'a discarded letter is gone': async ({ bury, backend, claim }) => {
    const letters = await bury([page('/a'), page('/b')], [0, 1]);
    const [a, b] = letters.map(({ id }) => id) as [string, string];
    assert.deepEqual(await backend.discard(0, [a]), [a]);
    assert.deepEqual(
      (await backend.deadLetters(0, 0, 10)).map(({ id }) => id),
      [b],
    );
    assert.deepEqual(await backend.discard(0, [a]), []);
    assert.deepEqual(await backend.redrive(0, [a]), []);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'unknown ids are not discarded': async ({ bury, backend }) => {
    const [letter] = await bury([page('/a')]);
    assert.deepEqual(await backend.discard(0, [deadLetterId('0-unknown', 0)]), []);
    assert.deepEqual(await backend.discard(1, [letter.id]), []);
    assert.deepEqual(await backend.discard(0, []), []);
    assert.deepEqual(await backend.deadLetters(0, 0, 10), [letter]);
  },
};
