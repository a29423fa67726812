import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../src/support/clock.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('the time is that since 1970, in whole milliseconds', () => {
  const now = systemClock.now();
  expect(Number.isInteger(now)).toBe(true);
  expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
});

test('it does not go back when the system’s clock is set back', () => {
  const before = systemClock.now();
  vi.spyOn(Date, 'now').mockReturnValue(0);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});

test('fake timers move it', () => {
  vi.useFakeTimers();
  const before = systemClock.now();
  let rang = 0;
  systemClock.after(1000, () => {
    rang = systemClock.now() - before;
  });
  vi.advanceTimersByTime(5000);
  expect([rang, systemClock.now() - before]).toEqual([1000, 5000]);
});
