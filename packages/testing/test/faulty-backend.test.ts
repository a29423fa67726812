import { BackendError, createBuffer } from '@sluice/core';
import type { AddResult, StoredTarget } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import {
  type FaultRule,
  type FaultyBackend,
  type FaultyBackendOptions,
  faultyBackend,
  manualClock,
  recordingSink,
  seededRandom,
} from '@sluice/testing';
import { conformance } from '@sluice/testing/conformance';
import { describe, expect, test } from 'vitest';

const KEY = '["Page","path","/a"]';

const targets = (partition = 0): readonly StoredTarget[] => [{ partition, key: KEY }];

/** Adds a write of one view. */
const add = async (backend: FaultyBackend, number: number): Promise<AddResult> => {
  const position = await backend.behind.join(0, 1);
  const entries = [{ key: KEY, fields: { '+views': 1 } }];
  return backend.add({
    ...position,
    partition: 0,
    producer: 'p',
    number,
    follows: number - 1,
    nonce: `${number}`,
    entries,
  });
};

/** The views that are pending behind the faults. */
const views = async ({ behind }: FaultyBackend): Promise<unknown> =>
  (await behind.read(targets()))[0]?.pending?.['+views'];

const open = (rules: readonly FaultRule[], options?: FaultyBackendOptions) =>
  faultyBackend(memory(), rules, options);

describe('a backend without rules is the backend behind it', () => {
  conformance({ test, open: ({ clock }) => faultyBackend(memory({ clock }), []) });
});

test('a refused call never reaches the backend', async () => {
  const backend = open([{ on: 'add', fault: 'refuse' }]);
  await expect(add(backend, 1)).rejects.toMatchObject({
    code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
    outcome: 'refused',
    retryable: true,
  });
  expect(await views(backend)).toBeUndefined();
  expect((await add(backend, 1)).status).toBe('applied');
});

test('a lost reply leaves its effect', async () => {
  const backend = open([{ on: 'add', fault: 'lose-reply' }]);
  await expect(add(backend, 1)).rejects.toMatchObject({ outcome: 'unknown', retryable: true });
  expect((await add(backend, 1)).status).toBe('duplicate');
});

test('a rejection of one’s own', async () => {
  const denied = new BackendError('ERR_SLUICE_BACKEND_DENIED', 'no', {
    retryable: false,
    outcome: 'refused',
  });
  const backend = open([{ on: 'stats', fault: { reject: denied } }]);
  await expect(backend.stats(0)).rejects.toBe(denied);
});

test('nth and times pick calls', async () => {
  const backend = open([{ on: 'read', nth: 2, times: 2, fault: 'refuse' }]);
  const outcomes = [];
  for (let call = 1; call <= 5; call += 1) {
    outcomes.push(
      await backend.read(targets()).then(
        () => 'ok',
        () => 'refused',
      ),
    );
  }
  expect(outcomes).toEqual(['ok', 'refused', 'refused', 'ok', 'ok']);
});

test('a predicate picks calls by their arguments', async () => {
  const backend = open([
    {
      on: 'read',
      when: ({ args: [asked] }) => (asked as StoredTarget[])[0]?.partition === 3,
      fault: 'refuse',
    },
  ]);
  await backend.read(targets(1));
  await expect(backend.read(targets(3))).rejects.toThrow('Injected fault: read was refused.');
});

test('a rule may be about several methods, or about all but close', async () => {
  const several = open([{ on: ['ack', 'stats'], times: 2, fault: 'refuse' }]);
  await expect(several.ack(0, 'token')).rejects.toThrow('ack');
  await expect(several.stats(0)).rejects.toThrow('stats');
  const all = open([{ times: Infinity, fault: 'refuse' }]);
  await expect(all.partitions(0)).rejects.toThrow('partitions');
  await all.close();
});

test('of two rules for a call, the first one strikes, and the other one counts the call', async () => {
  const backend = open([
    { on: 'read', nth: 1, fault: 'refuse' },
    { on: 'read', nth: 2, fault: 'lose-reply' },
  ]);
  await expect(backend.read(targets())).rejects.toThrow('refused');
  await expect(backend.read(targets())).rejects.toThrow('lost');
});

test('a delayed request takes effect later, a delayed reply only arrives later', async () => {
  const clock = manualClock();
  const rules: FaultRule[] = [
    { on: 'add', nth: 1, fault: { delayRequest: 100 } },
    { on: 'add', nth: 2, fault: { delayReply: 100 } },
  ];
  const backend = open(rules, { clock });
  const first = add(backend, 1);
  await clock.advance(99);
  expect(await views(backend)).toBeUndefined();
  await clock.advance(1);
  expect((await first).status).toBe('applied');
  let replied = false;
  void add(backend, 2).then(() => (replied = true));
  await clock.advance(99);
  expect([await views(backend), replied]).toEqual([2, false]);
  await clock.advance(1);
  expect(replied).toBe(true);
});

test('a test may hold a call back for as long as it likes', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const backend = open([{ on: 'add', fault: { delayRequest: gate } }]);
  const held = add(backend, 1);
  expect(await views(backend)).toBeUndefined();
  release();
  expect((await held).status).toBe('applied');
});

test('a delay in milliseconds without a clock is a mistake of the test', async () => {
  const backend = open([{ on: 'stats', fault: { delayReply: 5 } }]);
  await expect(backend.stats(0)).rejects.toThrow('needs the option "clock"');
});

test('the same seed draws the same faults', async () => {
  const struck = async (seed: number): Promise<string[]> => {
    const backend = open([{ share: 0.3, fault: 'refuse' }], { random: seededRandom(seed) });
    const calls = Array.from({ length: 100 }, () =>
      backend.stats(0).then(
        () => 'ok',
        () => 'refused',
      ),
    );
    return Promise.all(calls);
  };
  expect(await struck(5)).toEqual(await struck(5));
  expect(await struck(5)).not.toEqual(await struck(6));
  const refused = (await struck(5)).filter((outcome) => outcome === 'refused').length;
  expect(refused).toBeGreaterThan(15);
  expect(refused).toBeLessThan(45);
});

test('a rule that never struck is named', async () => {
  const backend = open([
    { on: 'stats', fault: 'refuse' },
    { on: ['ack', 'bury'], nth: 3, fault: 'lose-reply' },
    { on: 'add', share: 0.1, fault: { delayRequest: 5 } },
  ]);
  await expect(backend.stats(0)).rejects.toThrow();
  expect(backend.fired.map(({ method, rule }) => [method, rule.fault])).toEqual([['stats', 'refuse']]);
  expect(() => backend.assertFired()).toThrow(
    'These faults never struck: lose-reply on ack or bury (call 3); delayRequest on add (share 0.1).',
  );
});

/** 2000 increments from three producers, with workers in between; returns what was counted twice or not at all. */
async function drift(rules: readonly FaultRule[], seed: number): Promise<number> {
  const clock = manualClock();
  const random = seededRandom(seed);
  const sink = recordingSink();
  const backend = faultyBackend(memory({ clock }), rules, { clock, random });
  const buffers = [1, 2, 3].map((n) =>
    createBuffer({ backend, sink, clock, random: seededRandom(seed * 10 + n), partitions: 3, batchSize: 4 }),
  );
  for (const buffer of buffers) buffer.on('error', () => {});
  for (let round = 0; round < 20; round += 1) {
    const increments = Array.from({ length: 100 }, (_, index) =>
      buffers[index % 3]?.incr('Page', { views: 1 }, { path: `/${Math.floor(random() * 20)}` }),
    );
    const work = buffers.map((buffer) => buffer.processPending().catch(() => {}));
    await clock.until(Promise.all([...increments, ...work]));
  }
  backend.assertFired();
  for (let tries = 0; tries < 50 && (await backend.behind.partitions(0)).length > 0; tries += 1) {
    await clock.until(Promise.all(buffers.map((buffer) => buffer.processPending().catch(() => {}))));
    await clock.advance(30_000);
  }
  return sink.total('Page', 'views') - 2000;
}

test.each([
  ['refused calls', [{ share: 0.2, fault: 'refuse' }]],
  ['lost replies', [{ share: 0.2, fault: 'lose-reply' }]],
  [
    'slow requests and slow replies',
    [
      { share: 0.1, fault: { delayRequest: 40_000 } },
      { share: 0.1, fault: { delayReply: 40_000 } },
    ],
  ],
  [
    'all of them',
    [
      { share: 0.1, fault: 'refuse' },
      { share: 0.1, fault: 'lose-reply' },
      { share: 0.02, fault: { delayReply: 40_000 } },
    ],
  ],
] as [string, FaultRule[]][])('buffers count exactly under %s', async (_, rules) => {
  const drifts = [];
  for (let seed = 1; seed <= 5; seed += 1) drifts.push(await drift(rules, seed));
  expect(drifts).toEqual([0, 0, 0, 0, 0]);
});
