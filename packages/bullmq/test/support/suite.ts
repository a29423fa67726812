import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import {
  type BufferOptions,
  createBuffer,
  createWorker,
  type Engine,
  type Sink,
  type SluiceBuffer,
} from '@sluice/core';
import { memory } from '@sluice/memory';
import { startTcpProxy } from '@sluice/test-servers';
import { type RedisServer, recordingSink, startRedisServer } from '@sluice/testing';
import type { Queue as BullQueue, Worker as BullWorker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BullmqOptions, bullmq } from '../../src/index.js';
import { jobOptions } from '../../src/job-options.js';

const PARTITIONS = 4;
/** That an engine has: one of its queue, two of its worker. */
const CONNECTIONS = 3;
/** How soon BullMQ notices that the process of a job has ended. */
const SOON = { lockDuration: 200, stalledInterval: 100 };

interface Bullmq {
  readonly Queue: typeof BullQueue;
  readonly Worker: typeof BullWorker;
}

/** What holds for every version of BullMQ. */
export function bullmqSuite(version: string, load: () => Promise<Bullmq>): void {
  describe(`an engine over BullMQ ${version}`, () => {
    let server: RedisServer;
    let bull: Bullmq;
    let queue: BullQueue;
    const ends: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      [server, bull] = await Promise.all([startRedisServer(), load()]);
      queue = new bull.Queue('sluice', { connection: { url: server.url } });
      queue.on('error', () => {});
    });
    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
      await queue.obliterate({ force: true });
    });
    afterAll(async () => {
      await queue?.close();
      await server?.stop();
    });

    /** A buffer whose backend other buffers of a test may share, with what it logs. */
    function open({
      backend = memory(),
      sink = recordingSink(),
      partitions = PARTITIONS,
    }: Partial<BufferOptions> = {}) {
      const lines: string[] = [];
      const log = (line: string): void => void lines.push(line);
      const logger = { warn: log, error: log };
      const buffer = createBuffer({ backend, sink, partitions, logger, retryDelay: () => 1 });
      ends.push(() => buffer.close());
      return { buffer, lines };
    }

    function start(
      buffer: SluiceBuffer,
      options: Partial<BullmqOptions> = {},
      wrap = (engine: Engine) => engine,
    ) {
      const engine = bullmq({ connection: { url: server.url }, ...options });
      const worker = createWorker(buffer, { intervalMs: 10, engine: wrap(engine) });
      ends.unshift(() => worker.stop());
      return worker;
    }

    /** All jobs that the queue has, in whatever state. */
    async function jobs(): Promise<number> {
      const counts = await queue.getJobCounts();
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    }

    /** Looks at the queue after each round. */
    function watching(seen: number[]): (engine: Engine) => Engine {
      return (engine) => (host) => {
        const running = engine(host);
        return {
          dispatch: async (partitions) => {
            await running.dispatch(partitions);
            seen.push(await jobs());
          },
          close: () => running.close(),
        };
      };
    }

    async function count(buffer: SluiceBuffer, times = 1): Promise<void> {
      const ids = Array.from({ length: 40 }, (_, id) => id);
      for (let i = 0; i < times; i += 1) {
        await Promise.all(ids.map((id) => buffer.incr('Page', { views: 1 }, { id })));
      }
    }

    /** A sink that holds the batches of a partition until it is released. */
    function holding(partition: number) {
      const sink = recordingSink();
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const held: number[] = [];
      const hold: Sink = async (batch, context) => {
        if (batch.partition === partition) {
          held.push(batch.partition);
          await released;
        }
        await sink(batch, context);
      };
      return { sink: hold, applied: sink, held, release };
    }

    test('errors that it reports show no password', async () => {
      await using guarded = await startRedisServer({ requirepass: 'right' });
      const { buffer, lines } = open();
      const errors: unknown[] = [];
      const engine = bullmq({ connection: { port: guarded.port, username: 'us3r', password: 's3cret' } });
      const onError = (error: unknown): void => void errors.push(error);
      const worker = createWorker(buffer, { intervalMs: 10, engine, onError });
      await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
      const shown = inspect([errors, lines], { depth: Number.POSITIVE_INFINITY, showHidden: true });
      expect(shown).toContain('WRONGPASS');
      expect(shown).not.toMatch(/s3cret|us3r/);
      // Otherwise it would wait for its Redis when it is stopped.
      const admin = new Redis(guarded.port, { password: 'right' });
      await admin.acl('SETUSER', 'us3r', 'on', '>s3cret', '~*', '&*', '+@all');
      await worker.stop();
      admin.disconnect();
    });

    test('stops while its Redis, which has refused it, says nothing, and nothing fails afterwards', async () => {
      const sockets: Socket[] = [];
      const late = createServer((socket) => {
        const isRefused = sockets.push(socket) <= CONNECTIONS;
        socket.on('error', () => {});
        if (isRefused) socket.once('data', () => socket.end('-WRONGPASS invalid username-password pair\r\n'));
        else socket.resume();
      }).listen(0, '127.0.0.1');
      await once(late, 'listening');
      const { port } = late.address() as AddressInfo;
      const worker = start(open().buffer, { connection: { port, password: 'wrong' } });
      await vi.waitFor(() => expect(sockets.length).toBeGreaterThanOrEqual(2 * CONNECTIONS), 10_000);
      await worker.stop();
      await vi.waitFor(
        () => expect(sockets.every(({ readableEnded, destroyed }) => readableEnded || destroyed)).toBe(true),
        10_000,
      );
      late.close();
      for (const socket of sockets) socket.destroy();
    });

    test('is one over that version', async () => {
      const client = new Redis(server.url);
      start(open().buffer, { queue: 'versioned' });
      await vi.waitFor(async () =>
        expect(await client.hget('bull:versioned:meta', 'version')).toMatch(`bullmq:${version}.`),
      );
      await client.quit();
    });

    test('applies what is pending by the workers of several processes, and keeps no jobs', async () => {
      const sink = recordingSink();
      const backend = memory();
      const { buffer } = open({ backend, sink });
      start(buffer);
      start(open({ backend, sink }).buffer);
      await count(buffer, 10);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(400));
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
    });

    test('applies partitions that lie beyond those of the worker’s buffer', async () => {
      const sink = recordingSink();
      const backend = memory();
      await count(open({ backend, partitions: 16 }).buffer);
      start(open({ backend, sink, partitions: 1 }).buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
    });

    test('never has more jobs than partitions, whoever schedules them, while one stands still', async () => {
      const { sink, applied, held, release } = holding(2);
      const backend = memory();
      const seen: number[] = [];
      const { buffer } = open({ backend, sink });
      start(buffer, {}, watching(seen));
      start(open({ backend, sink }).buffer, {}, watching(seen));
      await count(buffer);
      await vi.waitFor(() => expect(held).toEqual([2]));
      const before = seen.length;
      const others = applied.deliveries.length;
      await vi.waitFor(async () => {
        await count(buffer);
        expect(seen.length).toBeGreaterThan(before + 50);
      }, 10_000);
      expect(Math.max(...seen)).toBeLessThanOrEqual(PARTITIONS);
      expect(Math.min(...seen.slice(before))).toBeGreaterThanOrEqual(1);
      expect(applied.deliveries.length).toBeGreaterThan(others);
      expect(held).toEqual([2]);
      release();
      await vi.waitFor(async () => expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 }));
    });

    test('has one job a partition while a batch fails again and again', async () => {
      const sink = recordingSink();
      for (let i = 0; i < 10; i += 1) sink.fail(new Error('deadlock detected'));
      const seen: number[] = [];
      const { buffer } = open({ sink });
      start(buffer, {}, watching(seen));
      await count(buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      expect(Math.max(...seen)).toBeLessThanOrEqual(PARTITIONS);
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
    });

    test('keeps no job that failed, reports it once, and tries again', async () => {
      const sink = recordingSink();
      const backend = memory();
      const claim = backend.claim.bind(backend);
      let failures = 6;
      backend.claim = async (...args) => {
        failures -= 1;
        if (failures >= 0) throw new Error('away');
        return claim(...args);
      };
      const seen: number[] = [];
      const { buffer, lines } = open({ backend, sink });
      await count(buffer);
      start(buffer, {}, watching(seen));
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
      expect(Math.max(...seen)).toBeLessThanOrEqual(PARTITIONS);
      await vi.waitFor(() =>
        expect(lines).toEqual([expect.stringContaining('away'), expect.stringContaining('again')]),
      );
    });

    /** Takes the job of a partition, and leaves it as a process does that ends meanwhile. */
    async function takeAndDie(): Promise<void> {
      const worker = new bull.Worker('sluice', null, { connection: { url: server.url }, ...SOON });
      expect(await worker.getNextJob('of a process that ends')).toMatchObject({ data: { partition: 1 } });
      await worker.close(true);
    }

    test('takes over the job of a process that ended', async () => {
      const sink = recordingSink();
      const seen: number[] = [];
      const { buffer, lines } = open({ sink });
      await count(buffer);
      await queue.add('partition', { partition: 1 }, jobOptions(1));
      await takeAndDie();
      start(buffer, SOON, watching(seen));
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40), 5000);
      expect(Math.max(...seen)).toBeLessThanOrEqual(PARTITIONS);
      expect(lines[0]).toMatch(/job whose process had ended/);
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
    });

    test('goes on with a partition whose job BullMQ gives up, since its processes ended too often', async () => {
      const sink = recordingSink();
      const { buffer } = open({ sink });
      await count(buffer);
      await queue.add('partition', { partition: 1 }, jobOptions(1));
      await takeAndDie();
      const checker = new bull.Worker('sluice', null, { connection: { url: server.url }, ...SOON });
      await checker.startStalledCheckTimer();
      await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(0), 5000);
      await checker.close();
      await takeAndDie();
      const seen: number[] = [];
      start(buffer, { ...SOON, maxStalledCount: 1 }, watching(seen));
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40), 5000);
      expect(Math.max(...seen)).toBeLessThanOrEqual(PARTITIONS);
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
    });

    test('stops when the batch at hand is applied, and begins nothing more', async () => {
      const { sink, applied, held, release } = holding(2);
      const { buffer } = open({ sink });
      const worker = start(buffer);
      await count(buffer);
      await vi.waitFor(() => expect(held).toEqual([2]));
      let stopped = false;
      const stopping = worker.stop().then(() => {
        stopped = true;
      });
      await vi.waitFor(async () => expect(await queue.getWorkersCount()).toBe(1));
      await count(buffer);
      expect([stopped, await queue.getActiveCount()]).toEqual([false, 1]);
      release();
      await stopping;
      expect(applied.deliveries.filter(({ partition }) => partition === 2)).toHaveLength(1);
      expect(await queue.getActiveCount()).toBe(0);
      expect(await buffer.pendingPartitions()).toContain(2);
    });

    test('what one worker left in the queue, another one takes', async () => {
      const { sink, held, release } = holding(0);
      const backend = memory();
      const { buffer } = open({ backend, sink });
      await count(buffer);
      const worker = start(buffer, { concurrency: 1 });
      await vi.waitFor(() => expect(held).toEqual([0]));
      await vi.waitFor(async () => expect(await jobs()).toBe(PARTITIONS));
      const stopping = worker.stop();
      release();
      await stopping;
      const next = recordingSink();
      start(open({ backend, sink: next }).buffer);
      await vi.waitFor(async () => expect(await buffer.stats()).toMatchObject({ pending: 0, claimed: 0 }));
      await vi.waitFor(async () => expect(await jobs()).toBe(0));
    });

    test('waits for a Redis that is away, says so once, and loses nothing with the jobs', async () => {
      await using own = await startRedisServer();
      const sink = recordingSink();
      const { buffer, lines } = open({ sink });
      let failures = 0;
      const counting =
        (engine: Engine): Engine =>
        (host) =>
          engine({
            process: (partition) => host.process(partition),
            failed: (error) => {
              failures += 1;
              host.failed(error);
            },
          });
      const worker = start(buffer, { connection: { url: own.url } }, counting);
      await count(buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      await own.kill();
      await vi.waitFor(() => expect(failures).toBeGreaterThan(9), 20_000); // several tries of each connection
      await count(buffer, 5);
      expect(sink.total('Page', 'views')).toBe(40);
      await own.start(); // with none of the jobs
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(240), 30_000);
      await vi.waitFor(() => expect(lines.at(-1)).toContain('again'));
      // Of a connection that is lost there may be another reason than of one that is refused.
      const reasons = lines.slice(0, -1);
      expect(reasons.join('\n')).toContain('ECONNREFUSED');
      expect(reasons.join('\n')).not.toContain('again.');
      expect(new Set(reasons).size).toBe(reasons.length);
      await worker.stop();
    });

    test.each(['before it was there', 'while it is away'])('stops without its Redis: %s', async (when) => {
      await using own = await startRedisServer();
      const { buffer } = open();
      if (when === 'before it was there') await own.kill();
      const worker = start(buffer, { connection: { url: own.url } });
      if (when === 'while it is away') {
        await count(buffer);
        await vi.waitFor(async () => expect(await buffer.pendingPartitions()).toEqual([]));
        await own.kill();
      }
      await count(buffer);
      await worker.stop();
    });

    /** Stands before a Redis, and takes all bytes and passes none from the moment that `isSilent` says so. */
    const startSilent = (isSilent: (request: string) => boolean) =>
      startTcpProxy(server.port, () => ({
        onRequest: (bytes) => (isSilent(bytes.toString('latin1')) ? { onClosed() {} } : 'pass'),
      }));

    test('says that its Redis is silent, and stops without it', async () => {
      let isSilent = false;
      await using proxy = await startSilent(() => isSilent);
      const sink = recordingSink();
      const { buffer, lines } = open({ sink });
      const worker = start(buffer, { connection: { port: proxy.port } });
      await count(buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      isSilent = true;
      await count(buffer);
      await vi.waitFor(() => expect(lines).toEqual([expect.stringContaining('has not replied')]), 10_000);
      await worker.stop();
    });

    test('stops though its Redis falls silent while it does', async () => {
      let isSilent = false;
      await using proxy = await startSilent((request) => {
        isSilent ||= /\bquit\b/i.test(request);
        return isSilent;
      });
      const worker = start(open().buffer, { connection: { port: proxy.port } });
      await vi.waitFor(async () => expect(await queue.getWorkersCount()).toBe(1));
      await worker.stop();
      expect(isSilent).toBe(true);
    });

    test('borrows a client, and does not close it, not even while its Redis is away', async () => {
      await using own = await startRedisServer();
      const client = new Redis(own.url, { maxRetriesPerRequest: null });
      client.on('error', () => {});
      const sink = recordingSink();
      const { buffer } = open({ sink });
      const worker = start(buffer, { connection: client });
      await count(buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      await worker.stop();
      expect(await client.ping()).toBe('PONG');
      const next = start(buffer, { connection: client });
      await count(buffer);
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(80));
      await own.kill();
      await next.stop();
      await own.start();
      expect(await client.ping()).toBe('PONG');
      client.disconnect();
    });

    test('uses the queue and the prefix that it is given, for jobs and for work', async () => {
      const sink = recordingSink();
      const { buffer } = open({ sink });
      await count(buffer);
      const worker = start(buffer, { queue: 'counts', prefix: '{other}' });
      await vi.waitFor(() => expect(sink.total('Page', 'views')).toBe(40));
      await worker.stop();
      const client = new Redis(server.url);
      expect(await client.keys('*counts*')).toEqual(
        expect.arrayContaining([expect.stringMatching(/^{other}:/)]),
      );
      expect(await client.keys('bull:counts*')).toEqual([]);
      await client.quit();
    });
  });
}
