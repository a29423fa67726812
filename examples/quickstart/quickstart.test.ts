import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openBuffer } from '@sluice/core';
import { startRedisCluster } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { check } from './check.js';
import type { Rows, Totals } from './totals.js';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Ended {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what `npm start` runs, its output in a pipe. */
function start(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', MAIN, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? undefined), stdout, stderr });
    });
  });
}

describe('npm start', () => {
  test('replays flights into PostgreSQL and finds every row as it should be', async () => {
    const { code, stdout, stderr } = await start('--events', '20000');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\| flights +\| +20,000 \|\n\| increments +\| +40,000 \|\n/);
    expect(stdout).toMatch(/100 % {2}20,000 flights/);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^checked \d{4} rows: all match$/);
    expect(stdout).not.toContain('\u001b');
  });

  test('does the same with Redis in between, unless another run left something there', async () => {
    await using redis = await startRedisServer();
    const args = ['--events', '20000', '--url', redis.url];
    const clean = await start(...args);
    expect(clean).toMatchObject({ code: 0, stderr: '' });
    expect(clean.stdout).toMatch(/checked \d{4} rows: all match\n$/);

    await using buffer = await openBuffer({ url: redis.url });
    await buffer.incr('Airport', { flights: 1 }, { origin: 'ATL' });
    const refused = await start(...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('holds entries of another program, or of a run that was stopped (1)');
    expect(await buffer.get('Airport', ['flights'], { origin: 'ATL' })).toEqual({ flights: 1 });
  });

  test('does the same with a Redis Cluster in between', async () => {
    await using cluster = await startRedisCluster({ masters: 3 });
    const { code, stdout, stderr } = await start('--events', '20000', '--url', cluster.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/checked \d{4} rows: all match\n$/);
  });

  test.each([
    [['--events', '0'], '--events must be a whole number from 1'],
    [['--event', '5'], "Unknown option '--event'"],
    [['--url', 'sqlite:x'], 'No backend has the scheme'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await start(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('explains itself', async () => {
    const { code, stdout } = await start('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--url');
  });
});

describe('the check', () => {
  const totals: Totals = {
    flights: 2,
    delay: -3,
    miles: 800,
    lastDeparture: new Date('2001-02-03T04:05:00Z'),
  };
  const expected: Rows = new Map([
    ['ATL', totals],
    ['ATL-LAX', totals],
  ]);

  test('has nothing to say about equal rows', () => {
    expect(check(expected, structuredClone(expected))).toEqual([]);
  });

  test.each([
    ['flights', { ...totals, flights: 3 }],
    ['delay', { ...totals, delay: 3 }],
    ['miles', { ...totals, miles: 801 }],
    ['lastDeparture', { ...totals, lastDeparture: new Date('2001-02-03T04:06:00Z') }],
  ])('reports a row that differs in %s', (_, tampered) => {
    expect(check(expected, new Map(expected).set('ATL-LAX', tampered))).toEqual([
      expect.stringMatching(/^ATL-LAX differs: expected 2 flights, -3 min, 800 miles, .*; the database has /),
    ]);
  });

  test('reports a row that is missing', () => {
    expect(check(expected, new Map([['ATL', totals]]))).toEqual([
      expect.stringMatching(/^ATL-LAX is missing/),
    ]);
  });

  test('reports a row that should not be there', () => {
    expect(check(expected, new Map(expected).set('JFK', totals))).toEqual([
      expect.stringMatching(/^JFK should not be there/),
    ]);
  });
});
