import assert from 'node:assert/strict';
import { createBuffer } from '@sluice/core';
import { deadLetterId, type Fields } from '@sluice/core/backend';
import { recordingSink } from '../recording-sink.js';
import { type Fixture, type Promises, page } from './fixture.js';

/** Buries a page with each of these titles, each in a batch of its own, and returns the ids of the letters. */
async function buryTitles({ bury, clock }: Fixture, ...titles: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const title of titles) {
    const letters = await bury([page('/a', { views: 1 }, { title })]);
    ids.push(letters.at(-1)?.id ?? '');
    await clock.advance(1000);
  }
  return ids;
}

/** The title as text. What was redriven has a stamp before it: see `stampLast`. */
function titleOf(fields: Fields | undefined): string | undefined {
  return fields?.['=title']?.toString().replace(/^~\d+ /, '');
}

/** A redriven value does not replace what was counted later. */
export const redriveOrder: Promises = {
  'a pending value stays': async (fixture) => {
    const { add, backend, read } = fixture;
    const ids = await buryTitles(fixture, 'old');
    await add([page('/a', { views: 10 }, { title: 'new' })]);
    assert.deepEqual(await backend.redrive(0, ids), ids);
    assert.deepEqual([titleOf(await read('/a')), (await read('/a'))?.['+views']], ['"new"', 11]);
  },

  'a value that comes after the redrive wins': async (fixture) => {
    const { add, backend, read } = fixture;
    await backend.redrive(0, await buryTitles(fixture, 'old'));
    assert.equal(titleOf(await read('/a')), '"old"');
    await add([page('/a', { views: 10 }, { title: 'new' })]);
    assert.deepEqual([titleOf(await read('/a')), (await read('/a'))?.['+views']], ['"new"', 11]);
  },

  'a value in the unsettled batch is not replaced once that is applied': async (fixture) => {
    const { add, lease, backend, read } = fixture;
    const ids = await buryTitles(fixture, 'old');
    await add([page('/a', { views: 10 }, { title: 'new' })]);
    const { token } = await lease();
    assert.deepEqual(await backend.redrive(0, ids), ids);
    await backend.ack(0, token);
    assert.deepEqual([titleOf(await read('/a')), (await read('/a'))?.['+views']], [undefined, 1]);
  },

  'values that the unsettled batch lacks are kept': async (fixture) => {
    const { add, lease, backend, read } = fixture;
    const ids = await buryTitles(fixture, 'old');
    await add([page('/a', { views: 10 }, { author: 'new' }), page('/b', {}, { title: 'of another page' })]);
    await lease();
    await backend.redrive(0, ids);
    assert.equal(titleOf(await read('/a')), '"old"');
  },

  'of several letters, the one of the later batch wins, in either order': async (fixture) => {
    const { backend, read, drain } = fixture;
    for (const inOrder of [true, false]) {
      const ids = await buryTitles(fixture, 'first', 'second', 'third');
      await backend.redrive(0, inOrder ? ids : ids.reverse());
      assert.deepEqual([titleOf(await read('/a')), (await read('/a'))?.['+views']], ['"third"', 3]);
      await drain();
    }
  },

  'the tenth batch is later than the ninth': async (fixture) => {
    const { backend, read } = fixture;
    const ids = await buryTitles(fixture, ...Array.from({ length: 10 }, (_, index) => `title ${index + 1}`));
    await backend.redrive(0, ids.slice(8).reverse());
    assert.equal(titleOf(await read('/a')), '"title 10"');
  },

  'a letter that is buried again is as old as it was': async (fixture) => {
    const { lease, backend, read } = fixture;
    const [first, second] = (await buryTitles(fixture, 'first', 'second')) as [string, string];
    await backend.redrive(0, [first]);
    const { id, token } = await lease();
    await backend.bury(0, token, [{ index: 0, reason: 'again' }]);
    const ids = [second, deadLetterId(id, 0)];
    assert.deepEqual(await backend.redrive(0, ids), ids);
    assert.deepEqual([titleOf(await read('/a')), (await read('/a'))?.['+views']], ['"second"', 2]);
  },

  'a redriven value in the unsettled batch gives way to that of a later batch': async (fixture) => {
    const { lease, backend, read } = fixture;
    const [first, second] = (await buryTitles(fixture, 'first', 'second')) as [string, string];
    await backend.redrive(0, [first]);
    const { token } = await lease();
    await backend.redrive(0, [second]);
    await backend.ack(0, token);
    assert.equal(titleOf(await read('/a')), '"second"');
  },

  'a sink gets the value alone': async (fixture) => {
    const { backend, clock } = fixture;
    await backend.redrive(0, await buryTitles(fixture, 'old'));
    const sink = recordingSink();
    await createBuffer({ backend, clock, sink, partitions: 1 }).processPending();
    assert.deepEqual(
      sink.entries.map(({ extra }) => extra),
      [{ title: { rule: 'last', value: 'old' } }],
    );
  },
};
