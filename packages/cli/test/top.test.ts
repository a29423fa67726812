import { type Buffer, createBuffer } from '@sluice/core';
import { redis } from '@sluice/redis';
import { manualClock, type RedisServer, recordingSink, startRedisServer } from '@sluice/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cli, type Outcome } from './support/cli.js';

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

/** What happens before a look: so many new targets are counted, or something else. */
type Event = number | ((buffer: Buffer) => Promise<unknown>);

/** Watches for some looks, ten seconds apart by a clock of the test's. */
async function watch(events: readonly Event[], args: readonly string[], rows?: number): Promise<Outcome> {
  const clock = manualClock();
  const backend = redis({ url: server.url });
  const logger = { warn() {}, error() {} };
  const options = { partitions: 2, sink: recordingSink(), workerName: 'web-1', logger };
  await using buffer = createBuffer({ backend, ...options });
  const [first = 0, ...others] = events;
  let next = 0;
  const happens = (event: Event) =>
    typeof event === 'function'
      ? event(buffer)
      : Promise.all(
          Array.from({ length: event }, () => {
            next += 1;
            return buffer.incr('Page', { views: 1 }, { path: `/${next}` });
          }),
        );
  await happens(first);
  const watching = cli(
    ['top', '--url', server.url, '--interval', '10', '--count', String(events.length), ...args],
    {
      clock,
      env: { NO_COLOR: '1' },
      ...(rows !== undefined && { terminal: { columns: 100, rows } }),
    },
  );
  for (const event of others) {
    await expect.poll(() => clock.timers).toBe(1);
    await happens(event);
    await clock.advance(10_000);
  }
  return watching;
}

test('in a terminal it draws over the last picture, and gives the screen back', async () => {
  const { out, code } = await watch([0, 70, 30], [], 40);
  expect(code).toBe(0);
  const [opening, ...pictures] = out.split('\u001b[H');
  expect(opening).toBe('\u001b[?1049h\u001b[?25l\u001b[?7l');
  expect(pictures).toHaveLength(3);
  const last = (pictures.at(-1) ?? '').replaceAll('\u001b[K', '');
  expect(last).toContain('00:00:20 UTC, every 10 s');
  expect(last).toMatch(/pending +100 +\+3\/s +▁▆█/);
  expect(last).toMatch(/partition +in\/s +out\/s +change +pending/);
  expect(last).toMatch(/2 partitions: 100 pending/);
  expect(out.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l')).toBe(true);
});

/** The last picture, line by line. */
function lastPicture({ out }: Outcome): string[] {
  const picture = out.replace('\u001b[?7h\u001b[?25h\u001b[?1049l', '').split('\u001b[H').at(-1) ?? '';
  return picture.replace('\u001b[J', '').replaceAll('\u001b[K', '').split('\n');
}

test('it shows what flows through a backlog that does not change', async () => {
  const flow: Event = async (buffer) => {
    await buffer.processPending();
    await Promise.all(Array.from({ length: 70 }, (_, n) => buffer.incr('Page', { views: 1 }, { n })));
  };
  const picture = lastPicture(await watch([70, flow, flow], [], 40));
  expect(picture).toContainEqual(expect.stringMatching(/^in\/s +7 + ██$/));
  expect(picture).toContainEqual(expect.stringMatching(/^out\/s +7 + ██$/));
  expect(picture).toContainEqual(expect.stringMatching(/^pending +70 +0\/s +███$/));
});

test('what was erased flows neither in nor out, and what comes after it does', async () => {
  const erase: Event = () => admin.flushall();
  const erased = lastPicture(await watch([70, 70, erase], [], 40));
  expect(erased).toContainEqual(expect.stringMatching(/^in\/s +– + █$/));
  expect(erased.join('\n')).not.toContain('in/s  -');
  const restored = lastPicture(
    await watch([70, erase, (buffer) => buffer.incr('Page', { views: 1 }, {})], [], 40),
  );
  expect(restored).toContainEqual(expect.stringMatching(/^in\/s +0\.1 +█$/));
});

test('it shows who holds a batch, and since when', async () => {
  const picture = lastPicture(
    await watch([1, (buffer) => Promise.all([buffer.claim(0), buffer.claim(1)])], [], 40),
  );
  expect(picture).toContainEqual(expect.stringMatching(/web-1 for \d+ m?s, \d+ s left$/));
});

test('what does not fit on the screen is cut', async () => {
  const { out } = await watch([5], [], 6);
  expect(out.split('\u001b[H')[1]?.split('\n')).toHaveLength(6);
});

test('in a pipe a look is a line', async () => {
  const { out } = await watch([1, 1], []);
  expect(out).toMatch(/^2026-01-01T00:00:00.000Z .*1 pending.*\n2026-01-01T00:00:10.000Z .*2 pending.*\n$/);
});

test('for programs, of JSON, in a terminal too', async () => {
  const outcome = await watch([1, 1], ['--json'], 40);
  expect(outcome.json()).toMatchObject([
    { at: '2026-01-01T00:00:00.000Z', pending: 1 },
    { at: '2026-01-01T00:00:10.000Z', pending: 2 },
  ]);
});

test('it ends when the user stops it, and gives the screen back', async () => {
  const stopping = new AbortController();
  const { out, code } = await cli(['top', '--url', server.url], {
    clock: manualClock(),
    terminal: { columns: 100, rows: 40 },
    signal: stopping.signal,
    onOut: (text) => {
      if (text.includes('sluice top')) stopping.abort();
    },
  });
  expect(code).toBe(0);
  expect(out.endsWith('\u001b[?1049l')).toBe(true);
});

test('a server that goes away ends it, with the screen as it was', async () => {
  const { out, err, code } = await cli(['top', '--url', 'redis://127.0.0.1:1'], {
    terminal: { columns: 100, rows: 40 },
  });
  expect([code, out.endsWith('\u001b[?1049l')]).toEqual([1, true]);
  expect(err).toContain('Check that the server runs');
});
