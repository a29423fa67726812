import { BATCH_BYTES, type StoredTarget, WRITE_BYTES } from '@sluice/core/backend';
import { type RedisClient, redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';

const COUNT = 400;
const NOTE = 'x'.repeat(8000);
const keyOf = (id: number): string => `["Page","id","${id}"]`;
const fieldsOf = (id: number) => ({ '+views': id, '=note': JSON.stringify(NOTE) });

test('no script has more to do at once than a write or a batch may hold, however much is asked for', async () => {
  await using server = await startRedisServer();
  const client = new Redis(server.url);
  const replies: number[] = [];
  const listening: RedisClient = new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const reply: unknown = await Reflect.apply(value, target, args);
        if (name !== 'info') replies.push(JSON.stringify(reply)?.length ?? 0);
        return reply;
      };
    },
  });
  const backend = redis({ client: listening });
  const at = await backend.join(0, 1);
  for (let id = 0; id < COUNT; id += 1) {
    const number = id + 1;
    const write = { ...at, partition: 0, producer: 'p', number, follows: id, nonce: `n${id}` };
    await backend.add({ ...write, entries: [{ key: keyOf(id), fields: fieldsOf(id) }] });
  }
  const targets: StoredTarget[] = Array.from({ length: COUNT }, (_, id) => ({
    partition: 0,
    key: keyOf(id),
  }));

  let claimed = 0;
  for (let n = 0; claimed < COUNT; n += 1) {
    const claim = await backend.claim(0, {
      size: 10_000,
      bytes: BATCH_BYTES,
      leaseMs: 60_000,
      batchIdPrefix: `b${n}`,
      claimToken: `c${n}`,
      worker: 'worker',
      early: false,
    });
    if (claim.status !== 'leased') throw new Error(claim.status);
    const { entries } = claim.batch;
    const sums = await backend.read(targets);
    expect(sums.filter((held) => held.claimed !== undefined)).toHaveLength(entries.length);
    expect(sums.filter((held) => held.pending !== undefined)).toHaveLength(COUNT - claimed - entries.length);
    await backend.bury(
      0,
      claim.leaseToken,
      entries.map((_, index) => ({ index, reason: 'too large' })),
    );
    claimed += entries.length;
  }
  const letters = await backend.deadLetters(0, 0, 10_000);
  expect(letters.map(({ entry }) => entry.key)).toEqual(targets.map(({ key }) => key));
  const ids = letters.map(({ id }) => id);
  expect(await backend.redrive(0, [...ids, ...ids])).toEqual(ids);
  const sums = await backend.read(targets);
  expect(sums.map(({ pending }) => pending?.['+views'])).toEqual(targets.map((_, id) => id));
  expect(Math.max(...replies)).toBeLessThan(BATCH_BYTES + WRITE_BYTES);
  client.disconnect();
});
