import { type ClaimRequest, packedBytes, type StoredEntry } from '@sluice/core/backend';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';

const server = await startRedisServer();
const client = new Redis(server.url);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const request = { leaseMs: 60_000, batchIdPrefix: '0-b', worker: 'worker', early: false };

/** A write of targets with keys of these lengths. */
const write = fc.array(fc.oneof(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 900, max: 1100 })), {
  minLength: 1,
  maxLength: 12,
});

/** What is claimed with the time that the backend adds to each entry. */
const sizeOf = ({ key, fields }: StoredEntry): number =>
  packedBytes({ key, fields: { ...fields, '@': Date.now() } });

test('claims take as many entries as fit, in order, whatever their sizes, and all in the end', async () => {
  let runs = 0;
  const writes = fc.array(write, { minLength: 1, maxLength: 12 });
  const size = fc.integer({ min: 1, max: 60 });
  const bytes = fc.oneof(fc.integer({ min: 1, max: 12_000 }), fc.constantFrom(1000, 2000, 3000, 4000));
  await fc.assert(
    fc.asyncProperty(writes, size, bytes, async (lengths, size, bytes) => {
      runs += 1;
      const backend = redis({ client, prefix: `run-${runs}` });
      const joined = await backend.join(0, 1);
      const all: StoredEntry[] = [];
      for (const [i, group] of lengths.entries()) {
        const entries = group.map((length, j) => {
          const [head, tail] = ['["Page","path","', `${i}-${j}"]`];
          const key = `${head}${'x'.repeat(Math.max(0, length - head.length - tail.length))}${tail}`;
          return { key, fields: { '+views': 1 } };
        });
        all.push(...entries);
        const number = i + 1;
        await backend.add({
          ...joined,
          partition: 0,
          producer: 'p',
          number,
          follows: i,
          nonce: `${i}`,
          entries,
        });
      }
      const claimed: string[] = [];
      for (let claim = 0; claimed.length < all.length; claim += 1) {
        const wanted: ClaimRequest = { ...request, size, bytes, claimToken: `${claim}` };
        const result = await backend.claim(0, wanted);
        if (result.status !== 'leased')
          throw new Error(`After ${claimed.length} of ${all.length}: ${result.status}`);
        const keys = result.batch.entries.map(({ key }) => key);
        const rest = all.slice(claimed.length);
        let [fits, sum] = [0, 0];
        for (const entry of rest.slice(0, size)) {
          sum += sizeOf(entry);
          if (fits > 0 && sum > bytes) break;
          fits += 1;
        }
        expect(keys).toEqual(rest.slice(0, fits).map(({ key }) => key));
        claimed.push(...keys);
        await backend.ack(0, result.leaseToken);
      }
      expect(await backend.partitions(1)).toEqual([]);
    }),
    { numRuns: 60, seed: 7 },
  );
});
