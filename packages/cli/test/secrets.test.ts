import { spawnSync } from 'node:child_process';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redactor } from '../src/secrets.js';
import { BIN, cli } from './support/cli.js';

const PASSWORD = 'Tr0ub4dor';
const SENTINEL_PASSWORD = 'c0rrect-horse';

let port = 0;
let stop = async (): Promise<void> => {};
beforeAll(async () => {
  const server = await startRedisServer();
  ({ port, stop } = server);
  const admin = new Redis(server.url);
  await admin.call('ACL', 'SETUSER', 'operator', 'on', `>${PASSWORD}`, '~*', '+@all');
  admin.disconnect();
});
afterAll(() => stop());

const commands = [
  'status',
  'status --json',
  'top --count 1',
  'top --count 1 --json',
  'peek Page path=/docs',
  'peek Page nonsense',
  'check',
  'check --json',
  'check --sink sinks/not-there.ts',
  'drain --sink sinks/failing.ts --timeout 0.1',
  'bench --seconds 0.1',
  'dead list',
  'dead show 0-none/000000',
  'dead redrive --all',
  'dead discard --all',
  'dead discard nonsense --yes',
  'nonsense',
  'status --nonsense',
  '--help',
];

const logins = (): [string, string][] => [
  ['that is right', `redis://operator:${PASSWORD}@127.0.0.1:${port}`],
  ['that is wrong', `redis://operator:${PASSWORD}x@127.0.0.1:${port}`],
  ['to a server that is not there', `redis://operator:${PASSWORD}@127.0.0.1:1`],
  ['in a URL that is none', `redis://operator:${PASSWORD}@127.0.0.1:many`],
  ['of an unknown scheme', `rodis://operator:${PASSWORD}@127.0.0.1`],
  [
    'of sentinels',
    `redis+sentinel://operator:${PASSWORD}@127.0.0.1:1/name?sentinelUsername=me&sentinelPassword=${SENTINEL_PASSWORD}`,
  ],
  ['with an odd parameter', `redis://127.0.0.1:${port}?password=${PASSWORD}`],
];

test.each([0, 1, 2, 3, 4, 5, 6])('no command prints a password (login %i)', async (which) => {
  const [, url = ''] = logins()[which] ?? [];
  const runs = commands.flatMap((command) => {
    const words = command.split(' ');
    return [
      cli([...words, '--url', url]),
      cli([...words, `--url=${url}`]),
      cli(words, { env: { SLUICE_URL: url } }),
    ];
  });
  for (const { out, err } of await Promise.all(runs)) expectNoSecret(out + err);
});

test('nor does one that takes the URL for something else', async () => {
  const wrong = (url: string) => [
    [url],
    ['status', url],
    ['peek', url, url],
    ['dead', 'show', url],
    [`--ulr=${url}`],
    ['dead', url],
  ];
  const runs = logins().flatMap(([, url]) =>
    wrong(url).map((args) => cli([...args, '--url', 'redis://127.0.0.1:1'])),
  );
  for (const { out, err } of await Promise.all(runs)) expectNoSecret(out + err);
});

test('nor the built program', () => {
  const url = `redis://operator:${PASSWORD}@127.0.0.1`;
  const runs: [string[], number][] = [
    [['status', '--url', `${url}:${port}`], 0],
    [['status', '--url', `${url}:1`], 1],
    [['status', `${url}:${port}`], 2],
    [['dead', 'discard', '--all', '--url', `${url}:${port}`], 2],
  ];
  for (const [args, code] of runs) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
    expect([args, status]).toEqual([args, code]);
    expectNoSecret(stdout + stderr);
  }
});

describe('a password is taken out', () => {
  const url = 'redis://user:p%40ss"w/rd@host';
  test.each([
    ['as it is in the URL', 'said p%40ss"w/rd'],
    ['as it is sent', 'said p@ss"w/rd'],
    ['as JSON has it', JSON.stringify({ said: 'p@ss"w/rd' })],
    ['with the user', `connect user:p%40ss"w/rd@host`],
  ])('%s', (_, text) => {
    expect(redactor([url])(text)).not.toMatch(/ss\\?"w/);
  });

  test('of URLs that were never given', () => {
    const hide = redactor([]);
    expect(hide('connect postgres://app:secret@db/app failed')).toBe('connect postgres://***@db/app failed');
    expect(hide('rediss://h?sentinelPassword=secret&x=1')).toBe('rediss://h?sentinelPassword=***&x=1');
    expect(hide('host=h PASSWORD = secret user=me; pwd=secret; passwd=secret')).toBe(
      'host=h PASSWORD = *** user=me; pwd=***; passwd=***',
    );
  });

  test('and nothing else', () => {
    const text = 'Redis: see https://www.npmjs.com/package/@sluice/cli, a@b, c: d@e';
    expect(redactor(['redis://localhost:6379', 'status', undefined])(text)).toBe(text);
    const example = 'It looks like redis://user:password@host:6379/0.';
    expect(redactor(['redis://me:secret@host'])(example)).toBe(example);
  });
});

function expectNoSecret(printed: string): void {
  for (const secret of [PASSWORD, SENTINEL_PASSWORD]) expect(printed).not.toContain(secret);
  expect(printed).not.toContain('sink-secret');
}
