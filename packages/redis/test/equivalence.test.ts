import { type Backend, type Buffer, createBuffer, type Lease, max, min, SluiceError } from '@sluice/core';
import { BATCH_BYTES, type ClaimRequest } from '@sluice/core/backend';
import { memory } from '@sluice/memory';
import { redis } from '@sluice/redis';
import { manualClock, recordingSink, seededRandom, startRedisServer } from '@sluice/testing';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** One step of a program. Numbers pick among what there is at that point: leases, dead letters, targets. */
type Step =
  | { do: 'incr'; target: number; amount: number; extra: number; signalOnly: boolean }
  | { do: 'get'; target: number }
  | { do: 'claim'; partition: number }
  | { do: 'ack' | 'ackAndClaim' | 'renew' | 'process'; lease: number }
  | { do: 'nack'; lease: number; delayMs: number; isVerdict: boolean }
  | { do: 'bury'; lease: number; every: number }
  | { do: 'advance'; ms: number }
  | { do: 'partitions'; count: number }
  | { do: 'processPending' | 'redrive' | 'discard' };

const PROGRAMS = 1000;
const LEASE_MS = 1000;

const NEXT: ClaimRequest = {
  size: 2,
  bytes: BATCH_BYTES,
  leaseMs: LEASE_MS,
  batchIdPrefix: '0-next',
  claimToken: 'next',
  worker: 'worker',
  early: false,
};

const amount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 52) },
);
const lease = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('incr' as const),
      target: fc.nat({ max: 5 }),
      amount,
      extra: fc.nat({ max: 9 }),
      signalOnly: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('get' as const), target: fc.nat({ max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), partition: fc.nat({ max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('ack', 'ackAndClaim', 'renew', 'process'), lease }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('nack' as const),
      lease,
      delayMs: fc.nat({ max: 2000 }),
      isVerdict: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('bury' as const), lease, every: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 1500 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('partitions' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('processPending', 'redrive', 'discard') }) },
);

/** Runs a program and notes everything that a caller can see. */
async function observe(
  program: readonly Step[],
  open: (clock: { now(): number }) => Backend,
): Promise<unknown[]> {
  const clock = manualClock();
  const random = seededRandom(1);
  const backend = open(clock);
  const sink = recordingSink();
  const leases: Lease[] = [];
  const seen: unknown[] = [];
  const openBuffer = (partitions: number): Buffer => {
    const made = createBuffer({
      backend,
      partitions,
      sink,
      clock,
      random,
      batchSize: 2,
      leaseMs: LEASE_MS,
      maxAttempts: 3,
      logger: { warn() {}, error() {} },
      giveUpAfterMs: 0,
      // Side by side, partitions draw their ids in the order of the replies, which is not the same each time.
      concurrency: 1,
    });
    made.on('error', (error) => seen.push(outcome(error)));
    return made;
  };
  // Holds the backend open while buffers come and go.
  const keeper = openBuffer(1);
  let partitions = 2;
  let buffer = openBuffer(partitions);
  const target = (n: number): { path: string } => ({ path: `/${n}` });

  const run = async (at: Step): Promise<unknown> => {
    const held = 'lease' in at ? leases[at.lease % Math.max(1, leases.length)] : undefined;
    if ('lease' in at && held === undefined) return 'no lease yet';
    switch (at.do) {
      case 'incr':
        return buffer.incr('Page', { views: at.amount }, target(at.target), extraOf(at.extra, at.amount), {
          signalOnly: at.signalOnly,
        });
      case 'get':
        return buffer.get('Page', ['views'], target(at.target));
      case 'claim': {
        const claim = await buffer.claim(at.partition % partitions);
        if (claim.status === 'leased') leases.push(claim.lease);
        return claim;
      }
      case 'ack':
      case 'ackAndClaim':
      case 'renew':
      case 'nack':
      case 'bury':
        return settle(backend, at, held as Lease);
      case 'process':
        return buffer.process(held as Lease);
      case 'advance':
        return clock.advance(at.ms);
      case 'partitions':
        await buffer.close();
        partitions = at.count;
        buffer = openBuffer(partitions);
        return undefined;
      case 'processPending':
        return buffer.processPending();
      case 'redrive':
      case 'discard':
        return [await buffer.deadLetters.list(), await buffer.deadLetters[at.do]('all')];
    }
  };

  for (const at of program) {
    seen.push([at.do, await run(at).catch(outcome), await backend.partitions(4), await backend.stats(4)]);
  }
  await buffer.close();
  await keeper.close();
  return [...seen, sink.deliveries];
}

async function settle(backend: Backend, at: Step, { batch, token, size }: Lease): Promise<unknown> {
  const { partition } = batch;
  if (at.do === 'ack') return backend.ack(partition, token);
  if (at.do === 'ackAndClaim') return backend.ackAndClaim(partition, token, NEXT);
  if (at.do === 'renew') return backend.renew(partition, token, LEASE_MS);
  if (at.do === 'nack') {
    return backend.nack(partition, token, { reason: 'busy ✗', isVerdict: at.isVerdict, delayMs: at.delayMs });
  }
  const every = at.do === 'bury' ? at.every : 1;
  const burials = Array.from({ length: size }, (_, index) => ({ index, reason: `bad ✗ ${index}` }));
  return backend.bury(
    partition,
    token,
    burials.filter(({ index }) => index % every === 0),
  );
}

function extraOf(kind: number, value: number): Record<string, never> | undefined {
  const kinds = [
    undefined,
    { title: `t${value} "é\n\ud83d\ude00` },
    { seen: max(new Date(value)) },
    { seen: min(value + 0.5) },
    { seen: max(value), title: new Date(value) },
    { title: { nested: [value, null, 'x'] } },
    { title: BigInt(value) },
    { seen: max(`t${value}`), title: min(BigInt(value)) },
    { seen: max(value, { title: `came with ${value}`, by: null }) },
    { seen: max(BigInt(value)) },
  ];
  return kinds[kind] as Record<string, never> | undefined;
}

/** What makes a batch's id unique for ever is the server's time, and in memory a count: they differ. */
function withoutTimes(seen: unknown): unknown {
  if (typeof seen === 'string') return seen.replaceAll(/(\d+-[a-z\d]+-\d+)-[\d.]+/g, '$1');
  if (Array.isArray(seen)) return seen.map(withoutTimes);
  if (typeof seen !== 'object' || seen === null || Object.getPrototypeOf(seen) !== Object.prototype)
    return seen;
  return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, withoutTimes(value)]));
}

function outcome(error: unknown): unknown {
  return error instanceof SluiceError ? [error.code, (error as { outcome?: unknown }).outcome] : error;
}

const server = await startRedisServer();
const client = new Redis(server.port, { lazyConnect: true });
beforeAll(() => client.connect());
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

test(`${PROGRAMS} random programs are observed alike on memory and on Redis`, async () => {
  let leased = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (program) => {
      await client.flushall();
      const expected = await observe(program, (clock) => memory({ clock }));
      const actual = await observe(program, (clock) => redis({ client, clock }));
      leased += JSON.stringify(expected, (_, value) =>
        typeof value === 'bigint' ? `${value}` : value,
      ).includes('leased')
        ? 1
        : 0;
      expect(withoutTimes(actual)).toEqual(withoutTimes(expected));
    }),
    { numRuns: PROGRAMS },
  );
  // The programs are of use only if many of them get as far as a lease; about half do.
  expect(leased).toBeGreaterThan(PROGRAMS / 3);
}, 240_000);
