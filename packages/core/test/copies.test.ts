import { memory } from '@sluice/memory';
import { describe, expect, test, vi } from 'vitest';
import * as implementors from '../src/backend.js';
import * as users from '../src/index.js';
import { away, wrap } from './wrap.js';

const core = { ...users, ...implementors };

/** Another copy of this package, as a process has that loads its ESM and its CommonJS build. */
async function anotherCopy(): Promise<typeof core> {
  vi.resetModules();
  return { ...(await import('../src/index.js')), ...(await import('../src/backend.js')) };
}

const detail = { retryable: true, outcome: 'refused', partition: 0 } as const;
const errors = {
  SluiceError: (of) => new of.SluiceError('ERR_SLUICE_CLOSED', 'closed'),
  InvalidInputError: (of) => new of.InvalidInputError('ERR_SLUICE_INVALID_OPTION', 'wrong'),
  IncrementError: (of) => new of.IncrementError('ERR_SLUICE_FULL', 'full', detail),
  ProcessingError: (of) => new of.ProcessingError('ERR_SLUICE_NO_SINK', 'no sink'),
  SinkUnavailableError: (of) => new of.SinkUnavailableError('away'),
  PartitionsFailedError: (of) => new of.PartitionsFailedError([]),
  BackendError: (of) => new of.BackendError('ERR_SLUICE_BACKEND_FULL', 'full', detail),
  OverflowError: (of) => new of.OverflowError('+views'),
  CorruptEntryError: (of) => new of.CorruptEntryError('corrupt'),
} satisfies Record<string, (of: typeof core) => Error>;
const names = Object.keys(errors) as (keyof typeof errors)[];

describe('two copies of the package in one process', () => {
  test('every error class is in this table', () => {
    const classes = Object.entries(core).filter(([, value]) => Error.isPrototypeOf.call(Error, value));
    expect(classes.map(([name]) => name).sort()).toEqual([...names].sort());
  });

  test.each(names)('%s is an instance of the same classes in both', async (name) => {
    const other = await anotherCopy();
    expect(other.SluiceError).not.toBe(core.SluiceError);
    const classesOf = (error: Error, copy: typeof core): string[] =>
      names.filter((known) => error instanceof copy[known]);
    const own = errors[name](core);
    expect(classesOf(own, other)).toEqual(classesOf(own, core));
    expect(classesOf(errors[name](other), core)).toEqual(classesOf(own, core));
    expect(classesOf(own, core)).toContain(name);
  });

  test('a class that a user derives has no instances but those it makes', () => {
    class Mine extends core.BackendError {}
    const mine = new Mine('ERR_SLUICE_BACKEND_FULL', 'full', detail);
    expect(mine instanceof core.BackendError).toBe(true);
    expect(mine instanceof Mine).toBe(true);
    expect(errors.BackendError(core) instanceof Mine).toBe(false);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'BackendError'],
    ['an error of that name', Object.assign(new Error('no'), { name: 'BackendError' })],
    ['an object without a prototype', Object.create(null)],
  ])('%s is no instance', (_, value) => {
    expect(value instanceof core.SluiceError).toBe(false);
    expect(value instanceof core.BackendError).toBe(false);
  });

  test('what a backend of the other copy cannot do now is repeated', async () => {
    const other = await anotherCopy();
    let calls = 0;
    const store = memory();
    const backend = wrap(store, {
      add: (write) => {
        calls += 1;
        if (calls > 2) return store.add(write);
        const { code, message } = away('refused');
        return Promise.reject(new other.BackendError(code, message, detail));
      },
    });
    const buffer = core.createBuffer({ backend, partitions: 1 });
    await buffer.incr('Page', { views: 1 }, {});
    expect(calls).toBe(3);
    await buffer.close();
  });

  test('a backend that both use is closed with the last buffer', async () => {
    const other = await anotherCopy();
    let closed = 0;
    const backend = wrap(memory(), {
      close: async () => {
        closed += 1;
      },
    });
    const buffers = [core.createBuffer({ backend }), other.createBuffer({ backend })];
    await buffers[0]?.close();
    expect(closed).toBe(0);
    await buffers[1]?.close();
    expect(closed).toBe(1);
  });
});
