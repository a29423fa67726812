import { type Buffer, createBuffer, max, type Sink } from '@sluice/core';
import { redis } from '@sluice/redis';
import { startRedisCluster } from '@sluice/test-servers';
import { type RedisServer, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cli, type Setting } from './support/cli.js';

const quiet = { warn() {}, error() {} };
const TERMINAL = { columns: 120, rows: 40 };

let server: RedisServer;
let admin: Redis;
beforeAll(async () => {
  server = await startRedisServer();
  admin = new Redis(server.url);
});
beforeEach(() => admin.flushall());
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

const sluice = (args: string, setting?: Setting) => cli([...args.split(' '), '--url', server.url], setting);

/** Does something as a service and its worker would. */
async function asService(sink: Sink | undefined, task: (buffer: Buffer) => Promise<unknown>): Promise<void> {
  const options = { partitions: 2, retryDelay: () => 5000, logger: quiet };
  const backend = redis({ url: server.url });
  await using buffer = createBuffer({ backend, ...options, ...(sink && { sink }) });
  await task(buffer);
}

const view = (buffer: Buffer, path: string, views = 1) =>
  buffer.incr('Page', { views }, { path }, { lastSeen: max(new Date(0)), title: 'Docs' });

const reject: Sink = async ({ entries }) => ({
  rejected: entries.map(({ model }, index) => ({ index, reason: `${model} has no such row` })),
});
const fail: Sink = async () => {
  throw new Error('the table is locked');
};

/** Dead letters of as many pages, and one of a post. */
async function bury(pages: number): Promise<void> {
  await asService(reject, async (buffer) => {
    await Promise.all(Array.from({ length: pages }, (_, i) => view(buffer, `/${i}`, i + 1)));
    await buffer.incr('Post', { likes: 1 }, { id: 7 });
    await buffer.processPending();
  });
}

const deadCount = async () => ((await sluice('status --json')).json()[0] as { dead: number }).dead;

describe('status', () => {
  test('shows each partition, what its batch fails with, and the totals', async () => {
    await asService(undefined, (buffer) => Promise.all(['/a', '/b', '/c'].map((path) => view(buffer, path))));
    await asService(fail, (buffer) => buffer.processPending());
    const { out, code } = await sluice('status');
    expect(code).toBe(0);
    expect(out).toMatch(/partition +pending +oldest +dead +in flight +attempts +batch +last error/);
    expect(out).toMatch(/\d for .*ms +1 +waits [45](\.\d)? s +for \d+ ms: the table is locked/);
    expect(out).toMatch(/2 partitions: 0 pending, 3 in flight, the oldest for .*; 0 dead letters\n$/);
  });

  test('is one value for programs', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    const [stats] = (await sluice('status --json')).json();
    expect(stats).toMatchObject({ pending: 1, claimed: 0, dead: 0, partitions: expect.any(Array) });
    expect(stats).not.toHaveProperty('held');
  });

  test('shows who holds a batch, and since when, and whatever the name does nothing to the terminal', async () => {
    const hostile = `${'x'.repeat(39)}\u001b[2J${'y'.repeat(50)}`;
    for (const [workerName, shown] of [
      ['web-1:42', /web-1:42 for \d+ ms, 30 s left/],
      [hostile, /x{39}\\u001b… for \d+ ms, 30 s left/],
    ] as const) {
      await admin.flushall();
      const backend = redis({ url: server.url });
      await using buffer = createBuffer({ backend, partitions: 1, workerName });
      await view(buffer, '/a');
      await buffer.claim(0);
      expect((await sluice('status')).out).toMatch(shown);
      const [stats] = (await sluice('status --json')).json();
      expect(stats).toMatchObject({ added: 1, taken: 1, partitions: [{ batch: { worker: workerName } }] });
    }
  });

  test('says which worker is gone', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    const backend = redis({ url: server.url });
    await using buffer = createBuffer({ backend, partitions: 2, workerName: 'web-1', leaseMs: 1 });
    await Promise.all([buffer.claim(0), buffer.claim(1)]);
    await expect.poll(async () => (await sluice('status')).out).toContain('web-1 is gone');
  });

  test('says when nobody has counted there', async () => {
    expect(await sluice('status')).toMatchObject({ code: 0, out: expect.stringContaining('?prefix=') });
  });

  test('names the nodes of a cluster', async () => {
    await using cluster = await startRedisCluster({ masters: 2 });
    await using buffer = createBuffer({ backend: redis({ url: cluster.url }), partitions: 2 });
    await Promise.all(Array.from({ length: 10 }, (_, i) => view(buffer, `/${i}`)));
    const { out } = await cli(['status', '--url', cluster.url]);
    for (const { port } of cluster.nodes) expect(out).toContain(`127.0.0.1:${port}`);
  });

  test('names the partitions of a node that is away, and shows the others', async () => {
    const settings = { 'cluster-require-full-coverage': 'no' };
    await using cluster = await startRedisCluster({ masters: 3, settings });
    const buffer = createBuffer({ backend: redis({ url: cluster.url }) });
    await Promise.all(Array.from({ length: 50 }, (_, i) => view(buffer, `/${i}`)));
    await buffer.close();
    const [away, ...others] = cluster.nodes;
    await away?.kill();
    const { out, code } = await cli(['status', '--url', cluster.url]);
    expect(code).toBe(1);
    expect(out).toMatch(
      new RegExp(`^Not seen: partitions? \\d(, \\d)*\\. Redis 127.0.0.1:${away?.port}: `, 'm'),
    );
    for (const { port } of others) expect(out).toContain(`127.0.0.1:${port}`);
    const [json] = (await cli(['status', '--json', '--url', cluster.url])).json();
    expect(json).toHaveProperty('unavailable.0.error.code', 'ERR_SLUICE_BACKEND_UNAVAILABLE');
    expect((await cli(['check', '--url', cluster.url])).code).toBe(1);
  });

  test('has no colours in a pipe, nor with NO_COLOR; a terminal gets them, within its width', async () => {
    await bury(1);
    const sequence = '\u001b[';
    expect((await sluice('status')).out).not.toContain(sequence);
    expect((await sluice('status', { terminal: TERMINAL, env: { NO_COLOR: '1' } })).out).not.toContain(
      sequence,
    );
    expect((await sluice('status --json', { terminal: TERMINAL })).out).not.toContain(sequence);
    expect((await sluice('status', { terminal: TERMINAL })).out).toContain(sequence);
    await asService(fail, (buffer) => view(buffer, '/b').then(() => buffer.processPending()));
    const { out } = await sluice('status', { terminal: { columns: 90, rows: 40 }, env: { NO_COLOR: '1' } });
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });
});

describe('peek', () => {
  beforeEach(() =>
    asService(undefined, async (buffer) => {
      await view(buffer, '/docs', 3);
      await buffer.incr('Page', { views: 5 }, { path: '/docs' }, {}, { signalOnly: true });
      await buffer.incr('Page', { views: 1 }, { id: 3, day: new Date('2026-01-01') });
    }),
  );

  test('shows what is held for a target, with its extra values', async () => {
    const { out } = await sluice('peek Page path=/docs');
    expect(out).toMatch(/pending +views=3 +.*lastSeen=max "1970-01-01T00:00:00.000Z"/);
    expect(out).toContain('title="Docs"');
    expect(out).toMatch(/pending, signal only +views=5/);
  });

  test('takes JSON for numbers and dates', async () => {
    const filters = JSON.stringify({ id: 3, day: { date: '2026-01-01' } });
    const { out } = await cli(['peek', 'Page', filters, '--json', '--url', server.url]);
    expect(JSON.parse(out)).toMatchObject([{ isClaimed: false, entry: { columns: { views: 1 } } }]);
    expect((await sluice('peek Page id=3')).out).toContain('A number and a text of digits are two targets');
  });

  test('shows what is in flight', async () => {
    await asService(fail, (buffer) => buffer.processPending());
    expect((await sluice('peek Page path=/docs')).out).toMatch(/in flight +views=3/);
  });

  test('refuses filters that are none', async () => {
    for (const filters of ['path', '{"path":', '{"path":["a"]}'])
      expect(await cli(['peek', 'Page', filters, '--url', server.url])).toMatchObject({ code: 2, out: '' });
    expect(await sluice('peek Page path=/a path=/b')).toMatchObject({ code: 2, out: '' });
  });
});

describe('dead', () => {
  test('list filters', async () => {
    await bury(4);
    expect((await sluice('dead list --json')).json()).toHaveLength(5);
    expect((await sluice('dead list --json --model Post')).json()).toMatchObject([
      { entry: { filters: { id: 7 } } },
    ]);
    expect((await sluice('dead list --json --reason Post')).json()).toHaveLength(1);
    expect((await sluice('dead list --json --limit 2')).json()).toHaveLength(2);
    const there = (await sluice('dead list --json --partition 0')).json() as { partition: number }[];
    expect(there.map(({ partition }) => partition)).toEqual(there.map(() => 0));
  });

  test('show prints all that is known of one', async () => {
    await bury(0);
    const [{ id }] = (await sluice('dead list --json')).json() as [{ id: string }];
    expect((await sluice(`dead show ${id}`)).out).toMatch(
      /target +Post id=7[\s\S]*reason +Post has no such row/,
    );
    expect(await sluice('dead show 0-none/000000')).toMatchObject({ code: 1, out: '' });
  });

  test('redrive makes pending again what was selected', async () => {
    await bury(3);
    expect(await sluice('dead redrive --model Page')).toMatchObject({
      code: 0,
      out: '3 dead letters pending again.\n',
    });
    expect(await deadCount()).toBe(1);
    const [{ id }] = (await sluice('dead list --json')).json() as [{ id: string }];
    expect(await sluice(`dead redrive ${id}`)).toMatchObject({
      code: 0,
      out: '1 dead letter pending again.\n',
    });
    expect(await sluice(`dead redrive ${id}`)).toMatchObject({ code: 1, err: expect.stringContaining(id) });
  });

  test('redrive is bounded, and says that there may be others', async () => {
    await bury(5);
    const { out, err } = await sluice('dead redrive --all --limit 2');
    expect([out, err]).toEqual([
      '2 dead letters pending again.\n',
      'No more than 2 at a time (--limit): there may be others.\n',
    ]);
    expect(await deadCount()).toBe(4);
  });

  test('discard asks, and takes nothing but yes', async () => {
    await bury(2);
    const no = await sluice('dead discard --model Page', { reply: '' });
    expect(no).toMatchObject({
      code: 1,
      asked: [expect.stringMatching(/^Discard 2 dead letters for good\?/)],
    });
    expect(await deadCount()).toBe(3);
    expect(await sluice('dead discard --model Page', { reply: 'y' })).toMatchObject({
      code: 0,
      out: '2 dead letters discarded.\n',
    });
    expect(await deadCount()).toBe(1);
  });

  test('discard refuses where nobody can reply, unless it is meant', async () => {
    await bury(2);
    expect(await sluice('dead discard --all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--yes'),
    });
    expect(await deadCount()).toBe(3);
    expect(await sluice('dead discard --all --yes')).toMatchObject({ code: 0, asked: [] });
    expect(await deadCount()).toBe(0);
  });

  test('without a selection nothing is done', async () => {
    for (const args of ['dead redrive', 'dead discard --yes', 'dead redrive --all --model Page'])
      expect(await sluice(args)).toMatchObject({ code: 2 });
  });

  // As of a variable that a script has not set.
  test('an empty text selects nothing, rather than everything', async () => {
    await bury(1);
    for (const option of ['--reason', '--model'])
      expect(await sluice(`dead discard --yes ${option} `)).toMatchObject({ code: 2 });
    expect(await deadCount()).toBe(2);
  });

  test('list keeps a long target from making all lines as long', async () => {
    await asService(reject, async (buffer) => {
      await view(buffer, `/${'x'.repeat(3000)}`);
      await buffer.incr('Page', { ['n'.repeat(255)]: 1 }, { path: '/a' });
      await buffer.processPending();
    });
    const { out } = await sluice('dead list');
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThan(250);
    expect(out).toContain('xxx…');
    const [{ id }] = (await sluice('dead list --json --reason row')).json() as [{ id: string }];
    expect((await sluice(`dead show ${id}`)).out).not.toContain('…');
  });
});

describe('drain', () => {
  const drain = (sink: string, more = '') => sluice(`drain --sink sinks/${sink}.ts${more}`);

  test('applies what is pending with the sink of a module', async () => {
    const { viewsOf } = await import('./support/tables.js');
    const paths = ['/a', '/a', '/b'];
    await asService(undefined, (buffer) =>
      Promise.all(paths.map((path) => buffer.incr('Page', { views: 1 }, { path }))),
    );
    const done = /^2 targets applied, in (1 batch|2 batches)\.\n$/;
    expect(await drain('counting')).toMatchObject({ code: 0, out: expect.stringMatching(done) });
    expect(await viewsOf('/a')).toBe(2);
  });

  test('gives up on batches that fail when its time is over', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    const { code, out, err } = await drain('failing', ' --timeout 0.1');
    expect(code).toBe(1);
    expect(err).toMatch(/delivery 1 of its batch failed.*cannot connect/);
    expect(out).toContain('sluice status');
  });

  test('does not wait longer for a sink that hangs', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    const { code, err } = await drain('hanging', ' --timeout 0.1');
    expect(code).toBe(1);
    expect(err).toContain('sinkTimeoutMs');
  });

  test('says what becomes a dead letter', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    expect(await drain('rejecting')).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 dead letter more'),
    });
  });

  test('needs a sink', async () => {
    expect(await sluice('drain')).toMatchObject({ code: 2, err: expect.stringContaining('--sink') });
  });
});

describe('with --json, what is wrong is JSON, too', () => {
  test.each([
    ['an option that there is not', 'status --nonsense', 2],
    ['a command that there is not', 'nonsense', 2],
    ['a value that is none', 'top --interval often', 2],
    ['a number that means nothing', 'dead list --limit 0', 2],
    ['an argument too many', 'status now', 2],
    ['an argument too few', 'peek', 2],
    ['a dead letter that is not there', 'dead show 0-none/000000', 1],
    ['those to act on', 'dead redrive 0-none/000000', 1],
  ])('%s', async (_, args, code) => {
    const { err, ...outcome } = await sluice(`${args} --json`);
    expect(outcome.code).toBe(code);
    expect(JSON.parse(err)).toEqual({ error: { message: expect.not.stringMatching(/^error|\n/) } });
  });
});

test('what is hostile to terminals is shown as text: targets, values, reasons, errors', async () => {
  const hostile = '\u001b[2J\u202e\u009b31m\nforged line';
  const rejecting: Sink = async ({ entries }) => ({
    rejected: entries.map((_, index) => ({ index, reason: hostile })),
  });
  const failing: Sink = async () => {
    throw new Error(hostile);
  };
  for (const sink of [rejecting, failing])
    await asService(sink, async (buffer) => {
      await buffer.incr('Page', { views: 1 }, { path: hostile }, { title: hostile });
      await buffer.processPending();
    });
  const filters = JSON.stringify({ path: hostile });
  const commands = [['status'], ['dead', 'list'], ['peek', 'Page', filters], ['dead', 'show', hostile]];
  for (const args of commands.flatMap((args) => [args, [...args, '--json']])) {
    const { out, err } = await cli([...args, '--url', server.url], {
      terminal: TERMINAL,
      env: { NO_COLOR: '1' },
    });
    expect(out + err).toMatch(/forged|pending/);
    for (const sign of ['\u001b', '\u202e', '\u009b', '\nforged']) expect(out + err).not.toContain(sign);
  }
});

describe('bench', () => {
  test('measures under a prefix of its own, and leaves nothing behind', async () => {
    await asService(undefined, (buffer) => view(buffer, '/a'));
    const before = (await admin.keys('*')).sort();
    const { code, json } = await sluice('bench --seconds 0.4 --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { roundTrip: { medianMs: expect.any(Number) }, outPerSecond: expect.any(Number) },
    ]);
    expect((await admin.keys('*')).sort()).toEqual(before);
  });

  test('removes it also when it is stopped', async () => {
    const stopping = new AbortController();
    const stopped = sluice('bench --seconds 60', { signal: stopping.signal });
    await expect.poll(() => admin.keys('*bench*')).not.toEqual([]);
    stopping.abort();
    expect(await stopped).toMatchObject({ code: 1, err: expect.stringContaining('Stopped.') });
    expect(await admin.keys('*')).toEqual([]);
  });
});

describe('any command', () => {
  test('wants a server that another process can see', async () => {
    expect(await cli(['status'])).toMatchObject({ code: 2, err: expect.stringContaining('SLUICE_URL') });
    expect(await cli(['status', '--url', 'memory:'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('inside the process'),
    });
    for (const url of ['http://localhost', 'redis:///x', 'redis'])
      expect(await cli(['status', '--url', url])).toMatchObject({ code: 2 });
  });

  test('takes it from the environment', async () => {
    expect(await cli(['status'], { env: { SLUICE_URL: server.url } })).toMatchObject({ code: 0 });
  });

  test('ends with 1 if the server is not there, and says so to programs as JSON', async () => {
    const { code, out, err } = await cli(['status', '--json', '--url', 'redis://localhost:1']);
    expect([code, out]).toEqual([1, '']);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'ERR_SLUICE_BACKEND_UNAVAILABLE' } });
  });

  test('explains itself', async () => {
    for (const args of ['--help', 'help', 'status --help', 'dead --help', 'dead discard --help'])
      expect(await cli(args.split(' '))).toMatchObject({ code: 0, err: '' });
    for (const args of [
      '',
      'nonsense',
      'status --nonsense',
      'top --interval never',
      'board --port 65536',
      'dead',
      'check --for nothing',
    ])
      expect(await cli(args.split(' ').filter((word) => word !== ''))).toMatchObject({ code: 2, out: '' });
  });
});

test.each([
  ['board --port 0', (text: string) => /http:\S+(?=,)/.exec(text)?.[0]],
  ['board --port 0 --json', (text: string) => (JSON.parse(text) as { readonly url: string }).url],
])('%s serves the board until it is stopped', async (args, urlIn) => {
  const stop = new AbortController();
  let ended: ReturnType<typeof sluice> | undefined;
  const url = await new Promise<string>((resolve) => {
    const onOut = (text: string): void => resolve(urlIn(text) ?? text);
    ended = sluice(args, { signal: stop.signal, onOut });
  });
  expect(await (await fetch(url)).text()).toContain('<!doctype html>');
  stop.abort();
  expect(await ended).toMatchObject({ code: 0, err: '' });
});
