import assert from 'node:assert/strict';
import { failure, LEASE_MS, type Promises, page, statsOf } from './fixture.js';

/** A worker that drains a partition ends one batch and leases the next in one step. */
export const ackAndClaim: Promises = {
  'ends the batch and leases the next one': async ({ add, lease, next, claim, backend }) => {
    await add(['/a', '/b', '/c', '/d'].map((path) => page(path)));
    const first = await lease({ size: 1 });
    const second = await next(first.token, { size: 2, batchIdPrefix: '0-second' });
    assert.deepEqual([second.attempt, second.paths, second.remaining], [1, ['/b', '/c'], 1]);
    assert.ok(second.id.startsWith('0-second'), `the id begins with that of the claim; it is ${second.id}`);
    assert.deepEqual(await claim(), { status: 'busy', forMs: LEASE_MS });
    assert.equal(await backend.renew(0, first.token, 1000), false);
    assert.equal(await backend.ack(0, second.token), true);
    assert.deepEqual((await lease()).paths, ['/d']);
  },

  'the next batch has at most as many bytes as asked for': async ({ add, lease, next }) => {
    await add([page('/a'), page('/b', {}, { text: 'x'.repeat(5000) }), page('/c')]);
    const first = await lease({ size: 1 });
    assert.deepEqual((await next(first.token, { bytes: 1000 })).paths, ['/b']);
  },

  'an increment of the target that was applied is in the next batch': async ({ add, lease, next }) => {
    await add([page('/a')]);
    const first = await lease();
    await add([page('/a', { views: 5 })]);
    const second = await next(first.token);
    assert.deepEqual([second.paths, second.remaining], [['/a'], 0]);
  },

  'is an ack where nothing is pending': async ({ add, lease, claimNext, claim, backend, clock }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    assert.deepEqual(await claimNext(token), { status: 'empty' });
    assert.equal(await backend.ack(0, token), true, 'a repeat');
    await clock.advance(1000);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'the next batch begins without the failures of the last one': async ({ add, lease, next, backend }) => {
    await add([page('/a'), page('/b')]);
    await backend.nack(0, (await lease({ size: 1 })).token, failure(0));
    const again = await lease();
    const { attempt, failures, ageMs } = await next(again.token);
    assert.deepEqual([attempt, failures, ageMs], [1, 0, 0]);
    assert.equal((await statsOf(backend))[0]?.batch?.lastError, undefined);
  },

  'repeated, it returns the same lease with the same deadline': async ({
    add,
    lease,
    next,
    claim,
    clock,
  }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const { token } = await lease({ size: 1 });
    const request = { size: 1, leaseMs: 1000, claimToken: 'mine' };
    const second = await next(token, request);
    await clock.advance(400);
    const again = await next(token, { ...request, batchIdPrefix: '0-other' });
    assert.deepEqual({ ...again, ageMs: 0 }, second);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 600 });
  },

  'repeated where nothing was pending, it returns what came since': async ({
    add,
    lease,
    claimNext,
    next,
  }) => {
    await add([page('/a')]);
    const { token } = await lease();
    assert.deepEqual(await claimNext(token), { status: 'empty' });
    await add([page('/b')]);
    assert.deepEqual((await next(token)).paths, ['/b']);
  },

  'two at the same time get one lease': async ({ add, lease, next }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const { token } = await lease({ size: 1 });
    const request = { size: 1, claimToken: 'mine' };
    const [one, other] = await Promise.all([next(token, request), next(token, request)]);
    assert.deepEqual([one.paths, other], [['/b'], one]);
  },

  'no other claim gets the next batch meanwhile': async ({ add, lease, next, claim }) => {
    await add([page('/a'), page('/b')]);
    const { token } = await lease({ size: 1 });
    const [second, other] = await Promise.all([next(token), claim()]);
    assert.deepEqual([second.paths, other], [['/b'], { status: 'busy', forMs: LEASE_MS }]);
  },

  'repeated when another worker has the next batch, it is turned away': async ({
    add,
    lease,
    next,
    claimNext,
    backend,
    clock,
  }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    const { token } = await lease({ size: 1 });
    const request = { size: 1, leaseMs: 1000, claimToken: 'mine' };
    await next(token, request);
    await clock.advance(1000);
    const others = await lease({ leaseMs: 3000 });
    assert.deepEqual(await claimNext(token, request), { status: 'busy', forMs: 3000 });
    assert.equal(await backend.ack(0, others.token), true);
  },

  'too late, it ends nothing and claims nothing': async ({ add, lease, next, claimNext, claim, clock }) => {
    await add([page('/a'), page('/b')]);
    const late = await lease({ size: 1, leaseMs: 1000 });
    await clock.advance(1000);
    const now = await lease({ leaseMs: 3000 });
    assert.equal(await claimNext(late.token), false);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 3000 });
    assert.deepEqual((await next(now.token)).paths, ['/b']);
  },

  'a token that held no lease claims nothing': async ({ add, claimNext, lease }) => {
    await add([page('/a')]);
    assert.equal(await claimNext('0-strange token'), false);
    assert.equal(await claimNext('0-strange token', { partition: 5 }), false);
    assert.equal((await lease()).attempt, 1);
  },

  'a batch that was given back stays until it is due': async ({
    add,
    lease,
    next,
    claimNext,
    backend,
    clock,
  }) => {
    await add([page('/a'), page('/b')]);
    const { token } = await lease({ size: 1 });
    await backend.nack(0, token, failure(1000));
    assert.deepEqual(await claimNext(token), { status: 'busy', forMs: 1000 });
    await clock.advance(1000);
    const again = await next(token);
    assert.deepEqual([again.paths, again.attempt], [['/a'], 2]);
  },

  'leaves other partitions alone': async ({ add, lease, next }) => {
    await add([page('/a'), page('/b')], { partition: 1 });
    await add([page('/c'), page('/d')], { partition: 2 });
    const one = await lease({ partition: 1, size: 1, claimToken: 'same' });
    const two = await lease({ partition: 2, size: 1, claimToken: 'same' });
    assert.deepEqual((await next(one.token, { partition: 1 })).paths, ['/b']);
    assert.deepEqual((await lease({ partition: 2, claimToken: 'same' })).entries, two.entries);
  },
};
