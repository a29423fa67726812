import { manualClock } from '@sluice/testing';
import { expect, test } from 'vitest';

test('time stands still until it is moved', async () => {
  const clock = manualClock(1000);
  expect(clock.now()).toBe(1000);
  await clock.advance(250);
  expect(clock.now()).toBe(1250);
});

test('timers run in the order of their times, each at its time', async () => {
  const clock = manualClock(0);
  const ran: [string, number][] = [];
  for (const [name, at] of [
    ['late', 30],
    ['early', 10],
    ['as early', 10],
  ] as const) {
    clock.after(at, () => ran.push([name, clock.now()]));
  }
  await clock.advance(29);
  expect(ran).toEqual([
    ['early', 10],
    ['as early', 10],
  ]);
  await clock.advance(1);
  expect(ran.at(-1)).toEqual(['late', 30]);
});

test('a clock that is set back runs no timer, and runs it later in its time', async () => {
  const clock = manualClock(1000);
  const ran: number[] = [];
  clock.after(10, () => ran.push(clock.now()));
  await clock.advance(-500);
  expect([clock.now(), ran]).toEqual([500, []]);
  await clock.advance(509);
  expect(ran).toEqual([]);
  await clock.advance(1);
  expect(ran).toEqual([1010]);
});

test('timers that timers start run in the same move', async () => {
  const clock = manualClock(0);
  const ran: number[] = [];
  const again = (): void => {
    if (clock.now() > 0) ran.push(clock.now());
    clock.after(10, again);
  };
  again();
  await clock.advance(35);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(35);
});

test('what promises start has run before the next timer', async () => {
  const clock = manualClock(0);
  const ran: string[] = [];
  clock.after(
    1,
    () =>
      void Promise.resolve().then(async () => {
        await null;
        ran.push('chain of the first');
      }),
  );
  clock.after(2, () => ran.push('second'));
  await clock.advance(2);
  expect(ran).toEqual(['chain of the first', 'second']);
});

test('a cancelled timer does not run', async () => {
  const clock = manualClock();
  let ran = false;
  const cancel = clock.after(10, () => {
    ran = true;
  });
  expect(clock.timers).toBe(1);
  cancel();
  await clock.advance(20);
  expect([ran, clock.timers]).toEqual([false, 0]);
});

test('until moves time as far as a promise needs, and no further', async () => {
  const clock = manualClock(0);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  clock.after(10_000, () => expect.unreachable('nobody waits for this one'));
  const answer = clock.until(
    wait(20)
      .then(() => wait(30))
      .then(() => 'done'),
  );
  await expect(answer).resolves.toBe('done');
  expect(clock.now()).toBe(50);
});

test('until rejects as the promise does', async () => {
  const clock = manualClock();
  await expect(clock.until(Promise.reject(new Error('no')))).rejects.toThrow('no');
});
