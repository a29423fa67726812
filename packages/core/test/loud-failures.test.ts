import {
  type Backend,
  BackendError,
  type Buffer,
  type BufferEvents,
  type BufferOptions,
  createBuffer,
  createWorker,
  type Logger,
} from '@sluice/core';
import { memory } from '@sluice/memory';
import { type FaultRule, faultyBackend, manualClock, recordingSink } from '@sluice/testing';
import { describe, expect, test, vi } from 'vitest';
import { away, wrap } from './wrap.js';

interface Line {
  readonly level: keyof Logger;
  readonly message: string;
}

/** A logger that keeps what it is given, and insists on being called as a method with one string. */
class Recorder implements Logger {
  readonly lines: Line[] = [];
  warn(...given: unknown[]): void {
    this.#keep('warn', given);
  }
  error(...given: unknown[]): void {
    this.#keep('error', given);
  }
  #keep(level: keyof Logger, given: unknown[]): void {
    expect(given).toEqual([expect.any(String)]);
    this.lines.push({ level, message: String(given[0]) });
  }
}

interface Setting {
  readonly options?: Partial<BufferOptions>;
  readonly faults?: readonly FaultRule[];
  readonly overrides?: (store: Backend) => Partial<Backend>;
}

function setUp({ options = {}, faults = [], overrides = () => ({}) }: Setting) {
  const clock = manualClock();
  const store = memory({ clock });
  const backend = faultyBackend(wrap(store, overrides(store)), faults, { clock });
  const sink = recordingSink();
  const logger = new Recorder();
  const buffer = createBuffer({
    backend,
    sink,
    clock,
    logger,
    partitions: 4,
    leaseMs: 3000,
    closeTimeoutMs: 1000,
    retryDelay: () => 1000,
    ...options,
  });
  /** Counts in every partition; the outcomes are not awaited. */
  const count = (ids = 40): Promise<unknown> =>
    Promise.allSettled(
      Array.from({ length: ids }, (_, id) => buffer.incr(id % 2 ? 'Page' : 'User', { n: 1 }, { id })),
    );
  return { clock, store, backend, sink, logger, buffer, count, lines: logger.lines };
}

type World = ReturnType<typeof setUp>;

interface Failure extends Setting {
  readonly name: string;
  readonly event: keyof BufferEvents;
  readonly provoke: (world: World) => Promise<unknown>;
  /** What each line has: its level, and all of these words. */
  readonly expected: readonly (readonly [keyof Logger, ...RegExp[]])[];
}

const fatal = new BackendError('ERR_SLUICE_BACKEND_DENIED', 'wrong password', {
  retryable: false,
  outcome: 'refused',
});
const never = <T>(): Promise<T> => new Promise<T>(() => {});
const one = { options: { partitions: 1 } };

async function staleSettlement({ buffer, clock, count }: World): Promise<void> {
  await count();
  const claimed = await buffer.claim(0);
  await clock.advance(3000);
  await buffer.processPending();
  if (claimed.status === 'leased') await buffer.process(claimed.lease);
}

const FAILURES: readonly Failure[] = [
  {
    name: 'a write that is given up at its first failure',
    event: 'error',
    options: { writeTimeoutMs: 1 },
    overrides: () => ({ add: () => Promise.reject(away('unknown')) }),
    provoke: ({ count }) => count(),
    expected: [['error', /write to partition/, /away for a moment/, /at most 1 ms/]],
  },
  {
    name: 'a sink that throws again and again',
    event: 'retry',
    ...one,
    async provoke({ buffer, clock, count, sink }) {
      await count();
      sink.fail(Object.assign(new Error('relation "pages" does not exist'), { code: '42P01' }), { times: 3 });
      for (let round = 0; round < 4; round += 1) {
        await buffer.processPending();
        await clock.advance(1000);
      }
      expect(sink.total('Page', 'n')).toBe(20);
    },
    expected: [
      [
        'warn',
        /batch 0-/,
        /partition 0/,
        /attempt 1/,
        /User, Page/,
        /"pages" does not exist \(42P01\)/,
        /1000 ms/,
      ],
      ['warn', /applies batches again/, /batch 0-.*attempt 4/, /\d s after the first failure/, /42P01/],
    ],
  },
  {
    name: 'a batch that is given up',
    event: 'buried',
    options: { partitions: 1, maxAttempts: 1, giveUpAfterMs: 0 },
    async provoke({ buffer, count, sink }) {
      await count();
      sink.fail(new Error('no such table'));
      expect(await buffer.processPending()).toMatchObject({ buried: 40 });
    },
    expected: [
      ['error', /40 of 40/, /batch 0-/, /partition 0/, /User, Page/, /no such table/, /deadLetters/],
    ],
  },
  {
    name: 'entries that a sink rejects',
    event: 'buried',
    options: {
      partitions: 1,
      sink: async () => ({ rejected: [3, 4].map((index) => ({ index, reason: 'too long' })) }),
    },
    async provoke({ buffer, count }) {
      await count();
      expect(await buffer.processPending()).toMatchObject({ buried: 2 });
    },
    expected: [['error', /2 of 40/, /partition 0/, /too long/, /deadLetters/]],
  },
  {
    name: 'entries that are unreadable',
    event: 'buried',
    ...one,
    overrides: (store) => ({
      async claim(partition, request) {
        const claimed = await store.claim(partition, request);
        if (claimed.status !== 'leased') return claimed;
        const entries = claimed.batch.entries.map(({ key }) => ({ key, corrupt: 'not JSON' }));
        return { ...claimed, batch: { ...claimed.batch, entries } };
      },
    }),
    async provoke({ buffer, count }) {
      await count();
      expect(await buffer.processPending()).toMatchObject({ buried: 40 });
    },
    expected: [['error', /40 of 40/, /partition 0/, /not JSON/, /deadLetters/]],
  },
  {
    name: 'a backend that was wiped',
    event: 'lost',
    ...one,
    async provoke({ store, count }) {
      const empty = store.snapshot();
      await count();
      store.restore(empty);
      await count();
    },
    expected: [['error', /Partition 0/, /writes 1 to 1/, /wiped/, /may not have been applied/, /validate/]],
  },
  {
    name: 'writes that are refused for a while, in every partition',
    event: 'error',
    faults: [{ on: 'add', fault: 'refuse', times: 20 }],
    async provoke({ clock, count }) {
      await clock.until(count());
    },
    expected: [
      ['error', /memory backend/, /write to partition \d/, /add was refused/, /30000 ms/, /_UNAVAILABLE/],
      ['warn', /memory backend is back/, /writes/],
    ],
  },
  {
    name: 'writes that are refused until they are given up, and so the next ones',
    event: 'error',
    faults: [{ on: 'add', fault: 'refuse', times: 1000 }],
    async provoke({ clock, count }) {
      await clock.until(count());
      await clock.until(count());
    },
    expected: [['error', /memory backend/, /write to partition \d/, /30000 ms/]],
  },
  {
    name: 'two outages',
    event: 'error',
    faults: [
      { on: 'add', fault: 'refuse', times: 200 },
      { on: 'add', fault: 'refuse', nth: 230, times: 2 },
    ],
    async provoke({ clock, count, backend }) {
      // Given up in some partitions only: the others end the first outage.
      while (backend.calls.length < 240) await clock.until(count());
    },
    expected: [
      ['error', /write to partition/],
      ['warn', /is back/],
      ['error', /write to partition/],
      ['warn', /is back/],
    ],
  },
  {
    name: 'a write that cannot be repeated',
    event: 'error',
    ...one,
    faults: [{ on: 'add', fault: { reject: fatal } }],
    provoke: ({ count }) => count(),
    expected: [['error', /write to partition 0/, /wrong password/, /not repeated/, /_DENIED/]],
  },
  ...(['claim', 'ack', 'partitions'] as const).map(
    (method): Failure => ({
      name: `${method} that has to be repeated`,
      event: 'error',
      faults: [{ on: method, fault: 'refuse', times: 3 }],
      async provoke({ buffer, clock, count }) {
        await clock.until(count());
        await clock.until(buffer.processPending());
      },
      expected: [
        ['error', /memory backend/, new RegExp(method), /was refused/, /30000 ms/],
        ['warn', /memory backend is back/, /calls/],
      ],
    }),
  ),
  {
    name: 'a nack that has to be repeated',
    event: 'error',
    ...one,
    faults: [{ on: 'nack', fault: 'lose-reply' }],
    async provoke({ buffer, clock, count, sink }) {
      buffer.on('retry', () => {});
      await count();
      sink.fail(new Error('no'));
      await clock.until(buffer.processPending());
    },
    expected: [
      ['error', /nack of partition 0/, /30000 ms/],
      ['warn', /is back/],
    ],
  },
  {
    name: 'a renewal that fails twice',
    event: 'error',
    options: { partitions: 1, sink: ({ partition }) => slow(partition) },
    faults: [{ on: 'renew', fault: 'refuse', times: 2 }],
    async provoke({ buffer, clock, count }) {
      await count();
      const done = buffer.processPending();
      await clock.advance(2500);
      finish();
      await done;
    },
    expected: [['error', /lease of batch 0-/, /partition 0/, /not renewed/, /renew was refused/]],
  },
  {
    name: 'a lease that ran out before it was settled',
    event: 'error',
    ...one,
    provoke: staleSettlement,
    expected: [['error', /Batch 0-/, /partition 0/, /lease had run out/, /LEASE_LOST/]],
  },
  {
    name: 'a retryDelay that throws',
    event: 'error',
    options: {
      partitions: 1,
      retryDelay: () => {
        throw new Error('a bug');
      },
    },
    async provoke({ buffer, count, sink }) {
      buffer.on('retry', () => {});
      await count();
      sink.fail(new Error('no'));
      await buffer.processPending();
    },
    expected: [['error', /"retryDelay"/, /a bug/, /3000 ms/]],
  },
  {
    name: 'a listener that throws',
    event: 'error',
    ...one,
    async provoke({ buffer, count }) {
      buffer.on('processed', () => {
        throw new Error('a bug');
      });
      await count();
      await buffer.processPending();
    },
    expected: [['error', /"processed"/, /a bug/, /LISTENER_FAILED/]],
  },
  {
    name: 'close() that gives up increments',
    event: 'error',
    ...one,
    overrides: () => ({ add: never }),
    async provoke({ buffer, clock, count }) {
      const counted = count();
      await clock.until(buffer.close());
      await counted;
    },
    expected: [['error', /close\(\)/, /not written, and are rejected: 40\./, /1000 ms/, /_CLOSED/]],
  },
  {
    name: 'close() that leaves a sink behind',
    event: 'error',
    options: { partitions: 1, sink: () => never() },
    async provoke({ buffer, clock, count }) {
      await count();
      void buffer.processPending();
      await clock.advance(0);
      await clock.until(buffer.close());
    },
    expected: [['error', /close\(\)/, /delivered again: 1\./, /1000 ms/]],
  },
  {
    name: 'close() that cannot write everything',
    event: 'error',
    options: { partitions: 1, lingerMs: 10_000 },
    overrides: (store) => ({
      add: async (write) => {
        const result = await store.add(write);
        return { ...result, refused: [{ index: 0, reason: 'overflow', field: '+n' }] } as typeof result;
      },
    }),
    async provoke({ buffer, clock, count }) {
      const counted = count();
      await clock.until(buffer.close());
      await counted;
    },
    expected: [['error', /close\(\)/, /rejected/, /_OVERFLOW/]],
  },
  {
    name: 'a backend that does not close',
    event: 'error',
    overrides: () => ({ close: never }),
    provoke: ({ buffer, clock }) => clock.until(buffer.close()),
    expected: [['error', /memory backend had not closed/, /1000 ms/]],
  },
];

let finish = (): void => {};
const slow = (_partition: number): Promise<void> =>
  new Promise((resolve) => {
    finish = resolve;
  });

describe.each(FAILURES)('$name', ({ event, provoke, expected, ...setting }) => {
  test('is logged, when nobody listens', async () => {
    const world = setUp(setting);
    await provoke(world);
    const { lines } = world;
    expect(lines.map(({ level }) => level)).toEqual(expected.map(([level]) => level));
    for (const [index, [, ...words]] of expected.entries()) {
      for (const word of words) expect(lines[index]?.message).toMatch(word);
    }
  });

  test(`is not logged, when somebody listens for "${event}"`, async () => {
    const world = setUp(setting);
    let heard = 0;
    world.buffer.on(event, () => {
      heard += 1;
    });
    await provoke(world);
    expect(world.lines).toEqual([]);
    expect(heard).toBeGreaterThan(0);
  });
});

test('an outage that starts in one partition and goes on in another is one', async () => {
  const down = new Set([0]);
  const world = setUp({
    overrides: (store) => ({
      add: (write) => (down.has(write.partition) ? Promise.reject(away('refused')) : store.add(write)),
    }),
  });
  const first = world.count();
  await world.clock.advance(5000);
  down.add(1);
  const second = world.count();
  await world.clock.advance(5000);
  down.delete(0);
  await world.clock.advance(5000);
  expect(world.lines).toHaveLength(1);
  down.clear();
  await world.clock.until(Promise.all([first, second]));
  expect(world.lines.map(({ level }) => level)).toEqual(['error', 'warn']);
});

test('a partition that fails for good, beside others that do not, is reported once', async () => {
  const world = setUp({
    overrides: (store) => ({
      add: (write) => (write.partition === 2 ? Promise.reject(fatal) : store.add(write)),
    }),
  });
  for (let round = 0; round < 5; round += 1) await world.count();
  expect(world.lines).toMatchObject([{ level: 'error', message: expect.stringMatching(/partition 2/) }]);
});

test('a failure that goes on does not hide another one', async () => {
  let down = false;
  const world = setUp({
    overrides: (store) => ({
      add: (write) => {
        if (write.partition === 2) return Promise.reject(fatal);
        return down ? Promise.reject(away('refused')) : store.add(write);
      },
    }),
  });
  for (let outage = 0; outage < 2; outage += 1) {
    await world.count();
    down = true;
    const counted = world.count();
    await world.clock.advance(1000);
    down = false;
    await world.clock.until(counted);
  }
  expect(world.lines.map(({ message }) => /wrong password|away/.exec(message)?.[0])).toEqual([
    'wrong password',
    'away',
    'away',
  ]);
});

describe('a retry is logged', () => {
  test.each([
    ['a sink that returns nonsense', async () => ({ rejected: [{ index: 99, reason: 'no' }] })],
    ['a sink that throws', () => Promise.reject(new Error('no'))],
  ])('with the name of its batch once: %s', async (_, sink) => {
    const { buffer, count, lines } = setUp({ options: { partitions: 1, sink } });
    await count();
    await buffer.processPending();
    expect(lines.map(({ message }) => message.match(/0-[\w-]+/g)?.length)).toEqual([1]);
  });

  test('again when its reason is another', async () => {
    const { buffer, clock, count, sink, lines } = setUp(one);
    await count();
    for (const reason of ['connection refused', 'connection refused', 'no such table', 'no such table']) {
      sink.fail(new Error(reason));
      await buffer.processPending();
      await clock.advance(1000);
    }
    expect(lines.map(({ message }) => /refused|no such table/.exec(message)?.[0])).toEqual([
      'refused',
      'no such table',
    ]);
  });

  test('for each batch, and so is its end', async () => {
    const { buffer, clock, count, sink, lines } = setUp(one);
    for (let batch = 0; batch < 3; batch += 1) {
      await count();
      sink.fail(new Error('no'));
      await buffer.processPending();
      await clock.advance(1000);
      await buffer.processPending();
    }
    const what = lines.map(({ message }) => /failed|again/.exec(message)?.[0]);
    expect(what).toEqual(['failed', 'again', 'failed', 'again', 'failed', 'again']);
  });

  test('once for all partitions, and so is the end', async () => {
    const { buffer, clock, count, sink, lines } = setUp({});
    await count();
    sink.fail(new Error('connection refused'), { times: 12 });
    for (let round = 0; round < 4; round += 1) {
      await buffer.processPending();
      await clock.advance(1000);
    }
    expect(sink.total('Page', 'n')).toBe(20);
    expect(lines).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/failed on batch .*connection refused/) },
      { level: 'warn', message: expect.stringMatching(/applies batches again: .*connection refused/) },
    ]);
  });

  test('again after an hour, with how long it has been and what counts', async () => {
    const { buffer, clock, count, sink, lines } = setUp({
      options: { partitions: 1, retryDelay: () => 60_000 },
    });
    await count();
    sink.fail(new Error('no such table'), { times: 200 });
    for (let minute = 0; minute <= 130; minute += 1) {
      await buffer.processPending();
      await clock.advance(60_000);
    }
    expect(lines).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/failed on batch .*no such table.*maxAttempts: 1/) },
      { message: expect.stringMatching(/failing for 3600 s.*no such table.*waited for 3600 s.*: 61/) },
      { message: expect.stringMatching(/failing for 7200 s.*no such table.*waited for 7200 s.*: 121/) },
    ]);
  });

  test('but each partition that gives its batch up is', async () => {
    const { buffer, clock, count, sink, lines } = setUp({ options: { maxAttempts: 2, giveUpAfterMs: 0 } });
    await count();
    sink.fail(new Error('no such table'), { times: 8 });
    for (let round = 0; round < 2; round += 1) {
      await buffer.processPending();
      await clock.advance(1000);
    }
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'error', 'error', 'error', 'error']);
  });

  test('whose end is not, when somebody listens for "processed"', async () => {
    const { buffer, clock, count, sink, lines } = setUp(one);
    buffer.on('processed', () => {});
    await count();
    sink.fail(new Error('no'));
    await buffer.processPending();
    await clock.advance(1000);
    await buffer.processPending();
    expect(lines).toHaveLength(1);
  });
});

describe('a bug in what the user passed is logged once', () => {
  const bug = (): never => {
    throw new Error('a bug');
  };

  test.each<[string, Partial<BufferOptions>, (buffer: Buffer) => unknown]>([
    ['in a listener', {}, (buffer) => buffer.on('processed', bug)],
    ['in a listener that is async', {}, (buffer) => buffer.on('processed', async () => bug())],
    ['in retryDelay', { retryDelay: bug }, (buffer) => buffer.on('retry', () => {})],
  ])('%s', async (_, options, prepare) => {
    const { buffer, clock, count, sink, lines } = setUp({ options: { partitions: 1, ...options } });
    prepare(buffer);
    for (let batch = 0; batch < 5; batch += 1) {
      if (options.retryDelay !== undefined) sink.fail(new Error('no'));
      await count();
      await buffer.processPending();
      await clock.advance(3000);
    }
    expect(lines).toMatchObject([
      { level: 'error', message: expect.stringMatching(/a bug.*not logged again/) },
    ]);
  });

  test('and another one, too', async () => {
    const { buffer, count, lines } = setUp(one);
    buffer.on('processed', bug);
    buffer.on('processed', () => {
      throw new Error('another one');
    });
    for (let batch = 0; batch < 5; batch += 1) {
      await count();
      await buffer.processPending();
    }
    expect(lines.map(({ message }) => /a bug|another one/.exec(message)?.[0])).toEqual([
      'a bug',
      'another one',
    ]);
  });
});

describe('a worker', () => {
  const rounds = (buffer: Buffer, outcomes: (unknown | undefined)[]): Buffer =>
    Object.assign(Object.create(buffer), {
      processPending: async () => {
        const outcome = outcomes.shift();
        if (outcome !== undefined) throw outcome;
        return { batches: 0, entries: 0, retried: 0, buried: 0, busy: [] };
      },
    }) as Buffer;
  const gone = new Error('connect ECONNREFUSED');

  test('logs to its buffer: when rounds begin to fail, for another reason, and when they succeed', async () => {
    const { buffer, clock, lines } = setUp({});
    const worker = createWorker(
      rounds(buffer, [gone, gone, gone, fatal, gone, fatal, undefined, undefined, gone]),
      {
        clock,
      },
    );
    await clock.advance(9000);
    await worker.stop();
    expect(lines).toMatchObject([
      { level: 'error', message: expect.stringMatching(/worker.*ECONNREFUSED/) },
      { level: 'error', message: expect.stringMatching(/worker.*wrong password.*_DENIED/) },
      { level: 'warn', message: expect.stringMatching(/worker.*again/) },
      { level: 'error', message: expect.stringMatching(/ECONNREFUSED/) },
      { level: 'warn' },
    ]);
  });

  test('does not say that it processes again while the batch that failed is busy', async () => {
    let refusing = true;
    const { buffer, clock, count, sink, lines } = setUp({
      ...one,
      overrides: (store) => ({
        ack: (...lease) => (refusing ? Promise.reject(fatal) : store.ack(...lease)),
      }),
    });
    await count();
    const worker = createWorker(buffer, { clock });
    await clock.advance(10_000);
    expect(sink.deliveries.length).toBeGreaterThan(1);
    expect(lines).toMatchObject([{ level: 'error', message: expect.stringMatching(/wrong password/) }]);
    refusing = false;
    await clock.advance(10_000);
    expect(lines).toMatchObject([{}, { level: 'warn', message: expect.stringMatching(/again/) }]);
    await worker.stop();
  });

  test('logs once what its onError throws', async () => {
    const { buffer, clock, lines } = setUp({});
    const onError = (): never => {
      throw new Error('a bug');
    };
    const worker = createWorker(rounds(buffer, [gone, gone, gone]), { clock, onError });
    await clock.advance(5000);
    await worker.stop();
    expect(lines).toMatchObject([{ level: 'error', message: expect.stringMatching(/"onError".*a bug/) }]);
  });

  test('logs nothing when there is an onError', async () => {
    const { buffer, clock, lines } = setUp({});
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const worker = createWorker(rounds(buffer, [gone, gone]), { clock, onError });
    await clock.advance(3000);
    await worker.stop();
    expect(errors).toEqual([gone, gone]);
    expect(lines).toEqual([]);
  });

  test('logs that it ends when its buffer was closed under it', async () => {
    const { buffer, clock, lines } = setUp({});
    const worker = createWorker(buffer, { clock });
    await clock.advance(0);
    await buffer.close();
    await clock.advance(1000);
    await worker.stop();
    expect(lines).toMatchObject([{ level: 'error', message: expect.stringMatching(/closed.*worker ends/) }]);
  });
});

describe('a logger', () => {
  /** Has a batch buried under a logger, and returns the process's warnings. */
  async function bury(logger: Logger | undefined, message = 'no'): Promise<Error[]> {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const options = { partitions: 1, maxAttempts: 1, giveUpAfterMs: 0 };
      const { buffer, clock, count, sink, store } = setUp({ options });
      const loud = createBuffer({ backend: store, clock, sink, ...options, ...(logger && { logger }) });
      await count();
      sink.fail(new Error(message));
      await loud.processPending();
      await clock.advance(0);
      await Promise.all([buffer.close(), loud.close()]);
      return warnings.mock.calls.map(([warning]) => new Error(String(warning)));
    } finally {
      warnings.mockRestore();
    }
  }
  const broken = new Error('a bug in the logger');
  const fail = (): never => {
    throw broken;
  };

  test.each<[string, Logger]>([
    ['throws', { warn: fail, error: fail }],
    ['rejects', { warn: () => Promise.reject(broken), error: () => Promise.reject(broken) }],
  ])('that %s breaks nothing, and hides nothing', async (_, logger) => {
    expect(await bury(logger)).toMatchObject([{ message: expect.stringContaining('40 of 40') }]);
  });

  test('may be left out: then there are process warnings', async () => {
    expect(await bury(undefined)).toMatchObject([{ message: expect.stringContaining('40 of 40') }]);
  });

  test('may be console', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      expect(await bury(console)).toEqual([]);
      expect(logged.mock.calls).toEqual([[expect.stringMatching(/^Sluice: 40 of 40/)]]);
    } finally {
      logged.mockRestore();
    }
  });

  test('gets one line each time, without addresses, of bounded length', async () => {
    const logger = new Recorder();
    await bury(
      logger,
      `no\nfake line\u2028 \u202egnp.exe\u2066 at postgres://user:secret@host:5432/db ${'x'.repeat(100_000)}`,
    );
    const [line] = logger.lines;
    expect(line?.message).toContain('no fake line   gnp.exe  at postgres://…');
    expect(line?.message).not.toMatch(/secret|host|\n|\u2028|\u202e|\u2066/);
    expect(line?.message.length).toBeLessThan(1000);
  });

  test('takes anything that a sink in JavaScript passes', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const backend = memory({ clock: manualClock() });
      const sink: BufferOptions['sink'] = async (_batch, { logger }) => {
        const { warn } = logger as { warn: (...given: unknown[]) => void };
        warn(new Error('one row was missing'), { rows: 1 });
        warn(Object.create(null));
      };
      const buffer = createBuffer({ backend, sink });
      await buffer.incr('Page', { views: 1 }, {});
      expect(await buffer.processPending()).toMatchObject({ batches: 1, retried: 0 });
      expect(warnings.mock.calls).toEqual([
        ['one row was missing', { type: 'SluiceWarning' }],
        [expect.any(String), { type: 'SluiceWarning' }],
      ]);
    } finally {
      warnings.mockRestore();
    }
  });

  test('is given to sinks', async () => {
    const logger = new Recorder();
    const { buffer, count } = setUp({
      options: {
        partitions: 1,
        logger,
        sink: async (_batch, { logger: { warn } }) => {
          warn('one row was missing');
        },
      },
    });
    await count();
    await buffer.processPending();
    expect(logger.lines).toEqual([{ level: 'warn', message: 'Sluice: one row was missing' }]);
  });
});
