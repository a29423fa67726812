import assert from 'node:assert/strict';
import { failure, type Promises, page, statsOf } from './fixture.js';

const BURIAL = { index: 0, reason: 'refused by the database' };

/** A batch ends once: applied, given back, or buried. */
export const settling: Promises = {
  'ack ends the batch for good': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    assert.equal(await backend.ack(0, token), true);
    await clock.advance(1000);
    assert.deepEqual(await claim(), { status: 'empty' });
  },

  'after an ack the next batch is new': async ({ add, lease, backend }) => {
    await add([page('/a'), page('/b')]);
    const first = await lease({ size: 1 });
    await backend.ack(0, first.token);
    const next = await lease();
    assert.notEqual(next.id, first.id);
    assert.deepEqual([next.attempt, next.paths], [1, ['/b']]);
  },

  'a settled lease cannot be renewed': async ({ add, lease, backend }) => {
    await add([page('/a'), page('/b')]);
    const acked = await lease({ size: 1 });
    await backend.ack(0, acked.token);
    assert.equal(await backend.renew(0, acked.token, 1000), false);
    const retried = await lease({ size: 1 });
    await backend.nack(0, retried.token, failure(1000));
    assert.equal(await backend.renew(0, retried.token, 5000), false);
  },

  'a nack delivers the same batch after the delay': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a'), page('/b')]);
    const first = await lease({ batchIdPrefix: '0-first' });
    assert.equal(await backend.nack(0, first.token, failure(3000)), true);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 3000 });
    await clock.advance(2999);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1 });
    await clock.advance(1);
    const again = await lease({ batchIdPrefix: '0-second' });
    assert.deepEqual([again.id, again.attempt, again.entries], [first.id, 2, first.entries]);
  },

  'a nack may be due later than the lease was': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a')]);
    const { token } = await lease({ leaseMs: 1000 });
    await backend.nack(0, token, failure(60_000));
    await clock.advance(1000);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 59_000 });
  },

  'a nack without a delay is due at once': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    await backend.nack(0, (await lease()).token, failure(0));
    assert.equal((await lease()).attempt, 2);
  },

  'after a nack nobody holds the batch until it is claimed': async ({ add, lease, claim, backend }) => {
    await add([page('/a')]);
    const held = await lease();
    await backend.nack(0, held.token, failure(1000));
    assert.deepEqual(await claim({ claimToken: held.claim }), { status: 'busy', forMs: 1000 });
  },

  'repeating an ack returns true': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const { token } = await lease();
    const results = await Promise.all([backend.ack(0, token), backend.ack(0, token)]);
    assert.deepEqual([...results, await backend.ack(0, token)], [true, true, true]);
  },

  'repeating an ack leaves the next batch alone': async ({ add, lease, claim, backend }) => {
    await add([page('/a'), page('/b')]);
    const { token } = await lease({ size: 1 });
    await backend.ack(0, token);
    const next = await lease({ leaseMs: 1000 });
    assert.equal(await backend.ack(0, token), true);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1000 });
    assert.deepEqual((await lease({ claimToken: next.claim })).paths, ['/b']);
  },

  'repeating a nack returns true and keeps the due time': async ({ add, lease, claim, backend, clock }) => {
    await add([page('/a')]);
    const { token } = await lease();
    await backend.nack(0, token, failure(1000));
    await clock.advance(600);
    assert.equal(await backend.nack(0, token, failure(1000)), true);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 400 });
  },

  'repeating a nack leaves the next holder alone': async ({ add, lease, claim, backend }) => {
    await add([page('/a')]);
    const { token } = await lease();
    await backend.nack(0, token, failure(0));
    const next = await lease({ leaseMs: 1000 });
    assert.equal(await backend.nack(0, token, failure(0)), true);
    assert.deepEqual(await claim(), { status: 'busy', forMs: 1000 });
    assert.equal(await backend.ack(0, next.token), true);
  },

  'repeating a burial returns true and buries nothing twice': async ({ add, lease, backend }) => {
    await add([page('/a'), page('/b')]);
    const { token } = await lease({ size: 1 });
    await backend.bury(0, token, [BURIAL]);
    await lease();
    assert.equal(await backend.bury(0, token, [BURIAL]), true);
    assert.equal((await backend.deadLetters(0, 0, 10)).length, 1);
  },

  'the tokens of the latest eight settlements get true again, and change nothing': async ({
    add,
    lease,
    backend,
    hold,
  }) => {
    await add(['/a', '/b', '/c', '/d', '/e'].map((path) => page(path)));
    const settled: (() => Promise<boolean>)[] = [];
    const settle = async (call: () => Promise<boolean>): Promise<void> => {
      assert.equal(await call(), true);
      settled.push(call);
    };
    for (const path of ['/a', '/b', '/c', '/d']) {
      const { token, paths } = await lease({ size: 1 });
      assert.deepEqual(paths, [path]);
      await settle(() => backend.nack(0, token, failure(0)));
      const again = await lease();
      if (path === '/b') await settle(() => backend.bury(0, again.token, [BURIAL]));
      else await settle(() => backend.ack(0, again.token));
    }
    const last = await lease({ leaseMs: 1000 });
    const repeated = [];
    for (const repeat of settled) repeated.push(await repeat());
    assert.deepEqual(repeated, Array(8).fill(true));
    assert.deepEqual((await lease({ claimToken: last.claim })).entries, last.entries);
    assert.equal((await hold('/e')).claimed?.['+views'], 1);
    assert.equal((await backend.deadLetters(0, 0, 10)).length, 1);
  },

  'a settlement in one partition leaves others alone': async ({ add, lease, backend }) => {
    await add([page('/a')], { partition: 1 });
    await add([page('/b')], { partition: 2 });
    const one = await lease({ partition: 1, claimToken: 'same' });
    const two = await lease({ partition: 2, claimToken: 'same' });
    assert.equal(await backend.ack(1, one.token), true);
    assert.deepEqual((await lease({ partition: 2, claimToken: 'same' })).entries, two.entries);
  },
};

/** Whether the sink came to a verdict about the data decides what a failure counts for. */
export const failures: Promises = {
  'a failure by a verdict is counted, an outage is not': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const counted = [];
    for (const isVerdict of [true, false, false, true]) {
      const { token, attempt, failures: before } = await lease();
      counted.push([attempt, before]);
      await backend.nack(0, token, failure(0, { isVerdict }));
    }
    const { attempt, failures: after } = await lease();
    assert.deepEqual(
      [...counted, [attempt, after]],
      [
        [1, 0],
        [2, 1],
        [3, 1],
        [4, 1],
        [5, 2],
      ],
    );
  },

  'a repeated nack counts once': async ({ add, lease, backend }) => {
    await add([page('/a')]);
    const { token } = await lease();
    for (let times = 0; times < 3; times += 1) await backend.nack(0, token, failure(0));
    assert.equal((await lease()).failures, 1);
  },

  'a lease that ran out is no failure': async ({ add, lease, clock }) => {
    await add([page('/a')]);
    await lease({ leaseMs: 1000 });
    await clock.advance(1000);
    const { attempt, failures: counted } = await lease();
    assert.deepEqual([attempt, counted], [2, 0]);
  },

  'the failures of a batch end with it': async ({ add, lease, backend }) => {
    await add([page('/a'), page('/b')]);
    await backend.nack(0, (await lease({ size: 1 })).token, failure(0));
    await backend.ack(0, (await lease()).token);
    assert.equal((await lease()).failures, 0);
    assert.equal((await statsOf(backend))[0]?.batch?.lastError, undefined);
  },

  'a batch has an age, from when it was made': async ({ add, lease, backend, clock }) => {
    await add([page('/a')]);
    await clock.advance(5000);
    const first = await lease();
    assert.equal(first.ageMs, 0);
    await clock.advance(300);
    assert.equal((await lease({ claimToken: first.claim })).ageMs, 300);
    await backend.nack(0, first.token, failure(700));
    await clock.advance(700);
    assert.equal((await lease()).ageMs, 1000);
  },
};
