import { createBuffer, InvalidInputError, type Sink } from '@sluice/core';
import { type ClaimRequest, type Fields, type Position, targetKey } from '@sluice/core/backend';
import { fromUrl, type MemoryBackend, memory } from '@sluice/memory';
import { faultyBackend, type ManualClock, manualClock, recordingSink, seededRandom } from '@sluice/testing';
import { expect, test } from 'vitest';

/** A buffer on a memory backend, of which nothing is left to chance. */
function world(seed: number, clock: ManualClock = manualClock(), backend: MemoryBackend = memory({ clock })) {
  const sink = recordingSink();
  const open = (sinkOf: Sink = sink) =>
    createBuffer({ backend, clock, sink: sinkOf, partitions: 4, batchSize: 3, random: seededRandom(seed) });
  return { clock, backend, sink, open };
}

/** What a claim asks for, unless the test says otherwise. */
function requestOf(other: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    size: 1,
    bytes: 1000,
    leaseMs: 1000,
    batchIdPrefix: '0-batch',
    claimToken: 'token',
    worker: 'worker',
    early: false,
    ...other,
  };
}

/** Writes of one producer to partition 0, one after the other. */
async function producerOf(backend: MemoryBackend, producer: string) {
  let position: Position = await backend.join(0, 1);
  let number = 0;
  const send = (fields: Fields | undefined) =>
    backend.add({
      ...position,
      partition: 0,
      producer,
      number,
      follows: number - 1,
      nonce: `${producer} ${number}`,
      entries: fields === undefined ? [] : [{ key: targetKey('Page', {}), fields }],
    });
  return {
    write: async (fields?: Fields) => {
      number += 1;
      const result = await send(fields);
      if (result.status === 'applied') position = { ...position, position: result.position };
      return result;
    },
    repeat: () => send(undefined),
  };
}

/** Increments, retries, burials and time, in an order drawn from the seed. */
async function busyDay(seed: number) {
  const { clock, backend, sink, open } = world(seed);
  const random = seededRandom(seed);
  const buffer = open();
  for (let round = 0; round < 30; round += 1) {
    const increments = Array.from({ length: 10 }, () =>
      buffer.incr('Page', { views: 1 + Math.floor(random() * 5) }, { path: `/${Math.floor(random() * 15)}` }),
    );
    await Promise.all(increments);
    if (random() < 0.3) sink.fail(new Error('deadlock'), { times: 2 });
    if (random() < 0.6) await buffer.processPending();
    await clock.advance(Math.floor(random() * 2000));
  }
  return { snapshot: backend.snapshot(), deliveries: sink.deliveries, stats: await buffer.stats() };
}

test('the same calls and the same seed give the same state and the same batches, ids included', async () => {
  const [one, two, other] = [await busyDay(5), await busyDay(5), await busyDay(6)];
  expect(one.deliveries.length).toBeGreaterThan(20);
  expect(two).toEqual(one);
  expect(JSON.stringify(two.deliveries)).toBe(JSON.stringify(one.deliveries));
  expect(other.deliveries[0]?.id).not.toBe(one.deliveries[0]?.id);
});

test('a snapshot does not change with the backend', async () => {
  const { backend, open } = world(1);
  const buffer = open();
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  const snapshot = backend.snapshot();
  const copy = structuredClone(snapshot);
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  await buffer.processPending();
  expect(snapshot).toEqual(copy);
  expect(backend.snapshot()).not.toEqual(copy);
});

test('restoring brings everything back: entries, batch and lease, dead letters, numbers', async () => {
  const { clock, backend, open } = world(1);
  await open().incr('Page', { views: 1 }, { path: '/a' });
  const [partition] = (await backend.partitions(0)) as [number];
  const request = requestOf({ leaseMs: 1000, claimToken: 'token' });
  const claimed = await backend.claim(partition, request);
  const token = claimed.status === 'leased' ? claimed.leaseToken : '';
  const snapshot = backend.snapshot();
  await backend.bury(partition, token, [{ index: 0, reason: 'bad' }]);
  const buried = backend.snapshot();

  backend.restore(snapshot);
  expect(backend.snapshot()).toEqual(snapshot);
  expect(await backend.claim(partition, { ...request, claimToken: 'other' })).toEqual({
    status: 'busy',
    forMs: 1000,
  });
  await clock.advance(1000);
  expect(await backend.claim(partition, { ...request, claimToken: 'other' })).toMatchObject({
    batch: { attempt: 2 },
  });

  backend.restore(buried);
  expect(await backend.deadLetters(partition, 0, 10)).toHaveLength(1);
});

test('what a restored backend does leaves the snapshot alone', async () => {
  const { backend, open } = world(1);
  const buffer = open();
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  const snapshot = backend.snapshot();
  for (let times = 0; times < 2; times += 1) {
    backend.restore(snapshot);
    const views = await buffer.get('Page', ['views'], { path: '/a' });
    expect(views).toEqual({ views: 1 });
    await buffer.processPending();
  }
});

test('a restart from an older copy: producers send the writes that it lacks once more', async () => {
  const { backend, sink, open } = world(1);
  const producer = open();
  await producer.incr('Page', { views: 1 }, { path: '/a' });
  const older = backend.snapshot();
  for (const views of [10, 100]) await producer.incr('Page', { views }, { path: '/a' });
  backend.restore(older);
  await producer.incr('Page', { views: 1000 }, { path: '/a' });
  await producer.processPending();
  expect(sink.total('Page', 'views')).toBe(1111);
});

test('a restart without data: the loss is reported, and nothing is counted twice', async () => {
  const { backend, sink, open } = world(1);
  const producer = open();
  const lost: unknown[] = [];
  producer.on('lost', (event) => lost.push(event));
  for (const views of [1, 10]) {
    await producer.incr('Page', { views }, { path: '/a' });
    await producer.processPending();
  }
  backend.restore({});
  await producer.incr('Page', { views: 100 }, { path: '/a' });
  await producer.processPending();
  expect(sink.total('Page', 'views')).toBe(111);
  expect(lost).toMatchObject([{ from: 1, to: 2, reason: 'wiped' }]);
});

test('a restart in the middle of a write: the repeated write is a duplicate', async () => {
  const clock = manualClock();
  const behind = memory({ clock });
  const backend = faultyBackend(behind, [{ on: 'add', fault: 'lose-reply' }]);
  const sink = recordingSink();
  const buffer = createBuffer({ backend, clock, sink, partitions: 1, random: seededRandom(1) });
  const counted = buffer.incr('Page', { views: 1 }, { path: '/a' });
  await Promise.resolve();
  behind.restore(behind.snapshot());
  await clock.until(counted);
  await buffer.processPending();
  backend.assertFired();
  expect(sink.total('Page', 'views')).toBe(1);
});

test('the records of the thousand producers that wrote last are kept, those of others are removed', async () => {
  const backend = memory({ clock: manualClock() });
  const busy = await producerOf(backend, 'busy');
  const idle = await producerOf(backend, 'idle');
  await busy.write();
  await idle.write();
  for (let index = 0; index < 998; index += 1) await (await producerOf(backend, `other ${index}`)).write();
  expect(await idle.repeat()).toMatchObject({ status: 'duplicate', position: 2 });
  await busy.write();
  const latest = await producerOf(backend, 'latest');
  await latest.write();

  expect(backend.snapshot()[0]?.producers.size).toBe(1000);
  expect(await busy.repeat()).toMatchObject({ status: 'duplicate', position: 1001 });
  expect(await latest.repeat()).toMatchObject({ status: 'duplicate', position: 1002 });
  expect(await idle.repeat()).toMatchObject({ status: 'unknown' });
  expect(await idle.write()).toMatchObject({ status: 'unknown' });
});

test('no epoch and no batch id is used again after a snapshot was restored', async () => {
  const backend = memory({ clock: manualClock() });
  const empty = backend.snapshot();
  const { epoch } = await backend.join(0, 1);
  backend.restore(empty);
  expect((await backend.join(0, 1)).epoch).not.toBe(epoch);

  await (await producerOf(backend, 'p')).write({ '+views': 1 });
  const pending = backend.snapshot();
  const first = await backend.claim(0, requestOf());
  backend.restore(pending);
  const second = await backend.claim(0, requestOf());
  expect(first).toMatchObject({ batch: { attempt: 1 } });
  expect(second).toMatchObject({ batch: { attempt: 1 } });
  expect('batch' in second && second.batch.id).not.toBe('batch' in first && first.batch.id);
});

test('the numbers of partitions that producers joined with are in a snapshot', async () => {
  const backend = memory({ clock: manualClock() });
  await backend.join(0, 8);
  const snapshot = backend.snapshot();
  await backend.join(0, 16);
  expect(await backend.partitionCounts()).toEqual([8, 16]);
  backend.restore(snapshot);
  expect(await backend.partitionCounts()).toEqual([8]);
});

test('what it holds outlives close', async () => {
  const { backend, open } = world(1);
  const buffer = open();
  await buffer.incr('Page', { views: 1 }, { path: '/a' });
  await buffer.close();
  expect(await backend.partitions(0)).toHaveLength(1);
});

test('without a clock it takes the time of the system', async () => {
  const backend = memory();
  const before = Date.now();
  await (await producerOf(backend, 'p')).write({});
  const [read] = await backend.read([{ partition: 0, key: targetKey('Page', {}) }]);
  const at = read?.pending?.['@'];
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});

test('an invalid clock is refused by name', () => {
  expect(() => memory({ clock: {} as never })).toThrow(InvalidInputError);
  expect(() => memory({ clock: {} as never })).toThrow('"clock"');
});

test('its URL has nothing behind the scheme', async () => {
  expect(fromUrl('memory:').name).toBe('memory');
  expect(() => fromUrl('memory://host')).toThrow(InvalidInputError);
});

test('it says that it is not durable', async () => {
  const { durability, advice } = await memory().validate();
  expect(durability).toBe('none');
  expect(advice).toHaveLength(1);
});

test('an entry with a field of an unknown rule takes no increments, and becomes a dead letter that is kept', async () => {
  const { backend, open, sink } = world(1);
  const buffer = open();
  const { write } = await producerOf(backend, 'p');
  await write({ '+views': 1, '*tags': '["a"]' });
  expect(await write({ '+views': 1, '*tags': '["b"]' })).toMatchObject({
    refused: [{ index: 0, reason: 'corrupt' }],
  });
  expect(await buffer.processPending()).toMatchObject({ entries: 0, buried: 1 });
  const [letter] = await buffer.deadLetters.list();
  expect(letter).toMatchObject({ entry: undefined, reason: expect.stringContaining('"*tags"') });
  expect(await buffer.deadLetters.redrive('all')).toBe(0);
  expect(sink.entries).toEqual([]);
  expect(await buffer.stats()).toMatchObject({ pending: 0, dead: 1 });
});
