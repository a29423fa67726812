import { createBuffer, type SluiceErrorCode } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { toBackendError } from '../src/errors.js';
import { loadScripts } from '../src/scripts.js';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

const SCRIPT = 'script: 913b8cca8662e8c832abd69820a35764bd641a0f, on @user_script:1.';
const WRAPPED =
  'ERR Error running script (call to f_913b8cca8662e8c832abd69820a35764bd641a0f): @user_script:2:';

const refusals: [string, SluiceErrorCode, boolean][] = [
  ['LOADING Redis is loading the dataset in memory', 'ERR_SLUICE_BACKEND_LOADING', true],
  [
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'ERR_SLUICE_BACKEND_LOADING',
    true,
  ],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['CLUSTERDOWN The cluster is down', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['NOREPLICAS Not enough good replicas to write.', 'ERR_SLUICE_BACKEND_LOADING', true],
  [`NOREPLICAS Not enough good replicas to write. ${SCRIPT}`, 'ERR_SLUICE_BACKEND_LOADING', true],
  [`OOM command not allowed when used memory > 'maxmemory'. ${SCRIPT}`, 'ERR_SLUICE_BACKEND_FULL', true],
  [`${WRAPPED} @user_script: 2: -OOM command not allowed when used memory`, 'ERR_SLUICE_BACKEND_FULL', true],
  ["READONLY You can't write against a read only replica.", 'ERR_SLUICE_BACKEND_READONLY', true],
  [`${WRAPPED} -READONLY You can't write against a read only replica.`, 'ERR_SLUICE_BACKEND_READONLY', true],
  ['MISCONF Redis is configured to save RDB snapshots', 'ERR_SLUICE_BACKEND_READONLY', true],
  ['ERR max number of clients reached', 'ERR_SLUICE_BACKEND_UNAVAILABLE', true],
  ['ERR max number of clients + cluster connections reached', 'ERR_SLUICE_BACKEND_UNAVAILABLE', true],
  ['NOAUTH Authentication required.', 'ERR_SLUICE_BACKEND_DENIED', false],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'ERR_SLUICE_BACKEND_DENIED', false],
  [
    'ERR AUTH <password> called without any password configured for the default user.',
    'ERR_SLUICE_BACKEND_DENIED',
    false,
  ],
  ['DENIED Redis is running in protected mode', 'ERR_SLUICE_BACKEND_DENIED', false],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'ERR_SLUICE_BACKEND_DENIED', false],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'ERR_SLUICE_BACKEND_CORRUPT', false],
  [
    `WRONGTYPE Operation against a key holding the wrong kind of value ${SCRIPT}`,
    'ERR_SLUICE_BACKEND_CORRUPT',
    false,
  ],
  [
    `${WRAPPED} WRONGTYPE Operation against a key holding the wrong kind of value`,
    'ERR_SLUICE_BACKEND_CORRUPT',
    false,
  ],
  ["ERR unknown command 'evalsha', with args beginning with: '7f' ", 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ERR unknown command `evalsha`, with args beginning with: `7f`, ', 'ERR_SLUICE_BACKEND_FAILED', false],
  ["ERR unknown subcommand 'GET'. Try CONFIG HELP.", 'ERR_SLUICE_BACKEND_FAILED', false],
  ["ERR wrong number of arguments for 'hget' command", 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ERR syntax error', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ERR DB index is out of range', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['MOVED 3999 127.0.0.1:6381', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ASK 3999 127.0.0.1:6381', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['CLUSTERDOWN Hash slot not served', 'ERR_SLUICE_BACKEND_LOADING', true],
  ['ERR This instance has cluster support disabled', 'ERR_SLUICE_BACKEND_FAILED', false],
  ['ERR No such master with that name', 'ERR_SLUICE_BACKEND_FAILED', false],
];
test.each(refusals)('the reply %j is a definite refusal', (message, code, retryable) => {
  expect(toBackendError(reply(message), true)).toMatchObject({ code, retryable, outcome: 'refused' });
});

test('a sentinel that is none, and a server that is one, are said to be', () => {
  const adviceOf = (command: string) =>
    toBackendError(reply(`ERR unknown command '${command}'`), true).message;
  expect(adviceOf('SENTINEL')).toContain('is no sentinel: use a redis:// URL');
  expect(adviceOf('evalsha')).toContain('redis+sentinel:// URLs');
});

test('a wait for replicas that a failover ends is said to be one', () => {
  const text = 'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';
  expect(toBackendError(reply(text), true)).toMatchObject({
    retryable: true,
    outcome: 'unknown',
    message: expect.stringContaining('as when a master becomes a replica'),
  });
});

test('a login that fails is no matter of rights, nor the other way round', () => {
  const messageOf = (message: string) => toBackendError(reply(message), true).message;
  for (const message of ['WRONGPASS invalid username-password pair', 'NOAUTH Authentication required'])
    expect(messageOf(message)).toMatch(/\. Check the username and password\.$/);
  expect(messageOf("NOPERM this user has no permissions to run the 'config|get' command")).toMatch(
    /\. Let the user run CONFIG\|GET\.$/,
  );
  const denied = messageOf('NOPERM this user has no permissions to access one of the keys used as arguments');
  expect(denied).toMatch(/may run EVALSHA/);
  expect(denied).not.toContain('password');
});

test.each([
  'ERR upstream failure',
  'ERR Connection timed out',
  'ERR',
  '',
  'upstream failure',
  'no upstream host',
  'UNKNOWN whatever this is',
  'OOMS of another kind',
  'constructor',
  'toString of an object',
  'ERR proxy: the server said READONLY',
  'EXECABORT Transaction discarded because of previous errors.',
  'UNBLOCKED client unblocked via CLIENT UNBLOCK',
  `ERR user_script:9: attempt to compare number with nil ${SCRIPT}`,
  `ERR user_script:1: Script attempted to access nonexistent global variable 'nothing' ${SCRIPT}`,
  `ERR Unknown Redis command called from script ${SCRIPT}`,
  `ERR wrong number of arguments for 'hset' command ${SCRIPT}`,
  `${WRAPPED} attempt to index a nil value`,
  `${WRAPPED} ERR unknown command called from Lua script`,
  'ERR Error running script (call to f_1): @user_script:1: Script killed by user with SCRIPT KILL...',
])('the reply %j may come after a change, and the call may be repeated', (message) => {
  expect(toBackendError(reply(message), true)).toMatchObject({
    code: 'ERR_SLUICE_BACKEND_FAILED',
    retryable: true,
    outcome: 'unknown',
  });
});

test.each([
  'Connection is closed.',
  "Cluster isn't ready and enableOfflineQueue options is false",
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  'Cluster is ended.',
  'Too many Cluster redirections. Last error: ReplyError: MOVED 1 127.0.0.1:1',
  'All sentinels are unreachable and retry is disabled. Last error: connect ECONNREFUSED 127.0.0.1:1',
])('%j of a client is no failure, and may come after a change', (message) => {
  expect(toBackendError(new Error(message), true)).toMatchObject({
    code: 'ERR_SLUICE_BACKEND_UNAVAILABLE',
    retryable: true,
    outcome: 'unknown',
  });
});

test('an error that is neither a reply nor of the connection is not repeated, and its outcome is unknown', () => {
  expect(toBackendError(new TypeError('broken'), true)).toMatchObject({
    code: 'ERR_SLUICE_BACKEND_FAILED',
    retryable: false,
    outcome: 'unknown',
  });
});

test.each(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])('%s: the other side does not speak TLS', (code) => {
  expect(toBackendError(Object.assign(new Error('wrong version number'), { code }), false)).toMatchObject({
    code: 'ERR_SLUICE_BACKEND_PROTOCOL',
    retryable: false,
    outcome: 'refused',
  });
});

describe('a command that the user may not run in a script', async () => {
  const server = await startRedisServer();
  const admin = new Redis(server.url);
  await admin.acl('SETUSER', 'limited', 'on', '>pass', '~*', '+@all', '-hset');
  const limited = new Redis(server.url.replace('//', '//limited:pass@'));
  afterAll(async () => {
    admin.disconnect();
    limited.disconnect();
    await server.stop();
  });
  const { renew } = loadScripts();

  test.each([
    ['by its source', () => limited.eval(renew.source, 1, 'batch', '1', 'a b', '1')],
    ['by its digest', () => limited.evalsha(renew.sha1, 1, 'batch', '1', 'a b', '1')],
  ])('is named, and nothing has changed: %s', async (_, run) => {
    await admin.hset('batch', { id: 'a', token: 'b' });
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(toBackendError(error, true)).toMatchObject({
      code: 'ERR_SLUICE_BACKEND_DENIED',
      retryable: false,
      outcome: 'refused',
      message: expect.stringContaining("'HSET'"),
    });
  });

  test.each([
    [
      '6.2',
      (line: number) =>
        `ERR Error running script (call to f_1): @user_script:${line}: @user_script: ${line}: `,
    ],
    ['7', (_line: number) => 'ERR '],
  ])('is named after a change, in the words of Redis %s', (version, before) => {
    const line = renew.source.split('\n').findIndex((text) => text.startsWith("redis.call('HSET'")) + 1;
    const after = version === '7' ? ` script: ${renew.sha1}, on @user_script:${line}.` : '';
    const words = `${before(line)}The user executing the script can't run this command or subcommand${after}`;
    for (const script of [renew.source, renew.sha1, 'another'])
      expect(
        toBackendError(Object.assign(reply(words), { command: { name: 'eval', args: [script] } }), true),
      ).toMatchObject({
        code: 'ERR_SLUICE_BACKEND_DENIED',
        retryable: false,
        outcome: 'unknown',
        message:
          script === 'another' ? expect.anything() : expect.stringContaining('may not run HSET on the keys'),
      });
  });
});

test.each(['upstream failure', 'ERR Connection timed out'])(
  'an increment is counted once when a proxy loses the reply, and says %j',
  async (words) => {
    await using server = await startRedisServer();
    const client = new Redis(server.url);
    const buffer = createBuffer({ backend: redis({ client }) });
    await buffer.incr('Page', { views: 1 }, { path: '/' });
    const evalsha = client.evalsha.bind(client) as (...args: string[]) => Promise<unknown>;
    let lost = 0;
    client.evalsha = (async (...args: string[]) => {
      const answer = await evalsha(...args);
      lost += 1;
      if (lost === 1) throw reply(words);
      return answer;
    }) as never;
    await buffer.incr('Page', { views: 2 }, { path: '/' });
    expect(lost).toBeGreaterThan(1);
    expect(await buffer.get('Page', ['views'], { path: '/' })).toEqual({ views: 3 });
    await buffer.close();
    client.disconnect();
  },
);
