import assert from 'node:assert/strict';
import type { Backend } from '@sluice/core';
import { failure, type Held, LEASE_MS, type Promises, page, statsOf } from './fixture.js';

/** What every method returns to a token that does not hold the lease. */
async function tryAll(backend: Backend, token: string, partition = 0): Promise<boolean[]> {
  return [
    await backend.renew(partition, token, LEASE_MS),
    await backend.ack(partition, token),
    await backend.nack(partition, token, failure(0)),
    await backend.bury(partition, token, [{ index: 0, reason: 'not mine' }]),
  ];
}

const REFUSED = [false, false, false, false];

/** A lease ends at its deadline, and another worker may take the batch over. */
export const leases: Promises = {
  'a lease holds until its last millisecond': async ({ add, lease, claim, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(999);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1 });
  },

  'an expired lease is taken over: the same batch, one attempt later': async ({ add, lease, clock }) => {
    await add([page('/a'), page('/b')]);
    const first = await lease({ leaseMs: 1000, batchIdPrefix: '0-first' });
    await clock.advance(1000);
    const second = await lease({ batchIdPrefix: '0-second' });
    assert.deepEqual([second.id, second.attempt, second.entries], [first.id, 2, first.entries]);
  },

  'the new holder may renew and settle': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(1000);
    const { token } = await lease({ leaseMs: 1000 });
    assert.equal(await backend.renew(0, token, 5000), true);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 5000 });
    assert.equal(await backend.ack(0, token), true);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'a takeover has a whole lease before it': async ({ add, lease, claim, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(5000);
    await lease({ leaseMs: 2000 });
    assert.deepEqual(await claim(), { status: 'busy', forMs: 2000 });
  },

  'the old holder is refused everywhere, and changes nothing': async ({
    add,
    lease,
    claim,
    backend,
    clock,
  }) => {
    await add([page('/a'), page('/b')]);
    const old = await lease({ size: 1, leaseMs: 1000 });
    await clock.advance(1000);
    const now = await lease({ leaseMs: 1000 });
    assert.deepEqual(await tryAll(backend, old.token), REFUSED);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1000 });
    assert.deepEqual(await backend.deadLetters(0, 0, 10), []);
    assert.deepEqual((await lease({ claimToken: now.claim })).entries, old.entries);
    assert.equal(await backend.ack(0, now.token), true);
  },

  'the old holder stays refused after the batch is settled': async ({ add, lease, backend, clock }) => {
    await add([page('/a'), page('/b')]);
    const old = await lease({ size: 1, leaseMs: 1000 });
    await clock.advance(1000);
    await backend.ack(0, (await lease()).token);
    await lease();
    assert.deepEqual(await tryAll(backend, old.token), REFUSED);
  },

  'two takeovers at the same time: one gets the lease': async ({ add, lease, claim, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(1000);
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim()));
    const leased = claims.filter(({ status }) => status === 'leased');
    assert.equal(leased.length, 1);
    assert.ok(leased[0]?.status === 'leased' && leased[0].batch.attempt === 2);
  },

  'every takeover counts an attempt': async ({ add, lease, clock }) => {
    await add([page('/a')]);
    const attempts = [];
    for (let round = 0; round < 4; round += 1) {
      attempts.push((await lease({ leaseMs: 1000 })).attempt);
      await clock.advance(1000);
    }
    assert.deepEqual(attempts, [1, 2, 3, 4]);
  },

  'a claim repeated with its token counts no attempt': async ({ add, lease, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(1000);
    const taken = await lease();
    assert.equal((await lease({ claimToken: taken.claim })).attempt, 2);
  },

  'a batch that is delivered again keeps its size': async ({ add, lease, clock }) => {
    await add([page('/a'), page('/b'), page('/c')]);
    await lease({ size: 2, leaseMs: 1000 });
    await add([page('/d')]);
    await clock.advance(1000);
    const { paths, remaining } = await lease({ size: 1, leaseMs: 1000 });
    assert.deepEqual([paths, remaining], [['/a', '/b'], 2]);
    await clock.advance(1000);
    assert.deepEqual((await lease({ size: 1000 })).paths, ['/a', '/b']);
  },

  'renewing moves the deadline to leaseMs from now': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    await clock.advance(900);
    assert.equal(await backend.renew(0, token, 1000), true);
    await clock.advance(900);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 100 });
    assert.equal(await backend.renew(0, token, 10), true);
    await clock.advance(10);
    assert.equal((await claim()).status, 'leased');
  },

  // The deadline permits a takeover; until one takes place nobody else can have applied the batch.
  'an expired lease that nobody took over still belongs to its holder': async ({
    add,
    lease,
    claim,
    backend,
    clock,
  }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    await clock.advance(5000);
    assert.equal(await backend.renew(0, token, 1000), true);
    await clock.advance(5000);
    assert.equal(await backend.ack(0, token), true);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'a token that never held a lease is refused': async ({ add, lease, backend }) => {
    assert.deepEqual(await tryAll(backend, 'stranger', 9), REFUSED);
    await add([page('/a')]);
    assert.deepEqual(await tryAll(backend, 'stranger'), REFUSED);
    const { token } = await lease();
    assert.deepEqual(await tryAll(backend, 'stranger'), REFUSED);
    assert.deepEqual(await tryAll(backend, token, 9), REFUSED);
    assert.equal(await backend.ack(0, token), true);
  },
};

/** A batch that waits for its next delivery may be asked for before. */
export const early: Promises = {
  'a batch that waits is leased early, for a whole lease': async ({ add, lease, claim, backend }) => {
    await add([page('/a')]);
    const first = await lease();
    await backend.nack(0, first.token, failure(60_000));
    const { id, attempt, entries } = await lease({ early: true, leaseMs: 1000 });
    assert.deepEqual([id, attempt, entries], [first.id, 2, first.entries]);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1000 });
  },

  'a leased batch is never taken early': async ({ add, lease, claim, backend }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    assert.deepEqual(await claim({ early: true }), { status: 'busy', forMs: 1000 });
    await backend.nack(0, token, failure(60_000));
    await lease({ early: true, leaseMs: 1000 });
    assert.deepEqual(await claim({ early: true }), { status: 'busy', forMs: 1000 });
  },

  'an early claim is like any other where nothing waits': async ({ add, lease, claim, clock }) => {
    assert.deepEqual(await claim({ early: true }), { status: 'empty' });
    await add([page('/a')]);
    assert.equal((await lease({ early: true, leaseMs: 1000 })).attempt, 1);
    await clock.advance(1000);
    assert.equal((await lease({ early: true })).attempt, 2);
  },
};

/** Leaves a lease or a delay that lasts for a second under way. */
type Wait = (held: Held, backend: Backend) => Promise<unknown>;

const WAITS: Readonly<Record<string, Wait>> = {
  'a lease': async () => {},
  'a renewed lease': ({ token }, backend) => backend.renew(0, token, 1000),
  'a delay': ({ token }, backend) => backend.nack(0, token, failure(1000)),
};

/** The clock of a server may be set back, by an hour or by years. */
export const clockSetBack: Promises = {
  ...Object.fromEntries(
    Object.entries(WAITS).map(([what, wait]): [string, Promises[string]] => [
      `${what} lasts no longer than was asked for`,
      async ({ add, lease, claim, backend, clock }) => {
        await add([page('/a')]);
        await wait(await lease({ leaseMs: what === 'a lease' ? 1000 : 5000 }), backend);
        await clock.advance(600);
        await clock.advance(-3_600_000);
        const busy = await claim();
        assert.ok(busy.status === 'busy' && busy.forMs <= 1000, JSON.stringify(busy));
        await clock.advance(1000);
        assert.equal((await lease()).attempt, 2);
      },
    ]),
  ),

  'a takeover after the clock was set back has a whole lease': async ({ add, lease, claim, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(-3_600_000);
    await claim();
    await clock.advance(1000);
    await lease({ leaseMs: 2000 });
    assert.deepEqual(await claim(), { status: 'busy', forMs: 2000 });
  },

  'no age is negative': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    const { token, claim } = await lease();
    await clock.advance(-3_600_000);
    assert.equal((await lease({ claimToken: claim })).ageMs, 0);
    await backend.nack(0, token, failure(1000));
    await clock.advance(-3_600_000);
    const [stats] = await statsOf(backend);
    assert.deepEqual(
      [stats?.oldestPendingMs, stats?.batch?.ageMs, stats?.batch?.failingForMs, stats?.batch?.dueInMs],
      [0, 0, 0, 1000],
    );
  },
};
