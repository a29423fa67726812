import { inspect } from 'node:util';
import { BackendError, harmless } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';

const everything = (value: unknown): string =>
  inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true });

describe('the copy of an error', () => {
  test('says who failed, where and how, and has neither its command nor what was read', () => {
    const error = Object.assign(new Error('WRONGPASS invalid password'), {
      name: 'ReplyError',
      code: 'EFAIL',
      port: 6379,
      command: { name: 'auth', args: ['user', 's3cret'] },
      buffer: Buffer.from('s3cret'),
    });
    const copy = harmless(error) as Error;
    expect(copy).toMatchObject({ name: 'ReplyError', message: error.message, code: 'EFAIL', port: 6379 });
    expect(copy.stack).toMatch(/^ReplyError: WRONGPASS invalid password\n {4}at /);
    expect(everything(copy)).not.toMatch(/s3cret|115, 51|73 33/);
  });

  test('has causes and errors that are copies, too, as deep as they go', () => {
    const inner = Object.assign(new Error('inner'), { command: 's3cret' });
    const all = new AggregateError([inner], 'all', { cause: new Error('outer', { cause: inner }) });
    const copy = everything(harmless(all));
    expect(copy).toMatch(/all[\s\S]*inner/);
    expect(copy).not.toContain('s3cret');
    const cyclic = new Error('cyclic');
    cyclic.cause = cyclic;
    expect(everything(harmless(cyclic))).toContain('cyclic');
  });

  test.each([
    "ERR unknown command 'AUTH', with args beginning with: 'user' 's3cret' ",
    'ERR unknown command `AUTH`, with args beginning with: `s3cret`, ',
    "ERR unknown command 'AUTH', with args beginning with: 's3\ncret'",
  ])('leaves out the arguments that a server repeats: %j', (message) => {
    const copy = harmless(new Error(message)) as Error;
    expect(copy.message).toMatch(/^ERR unknown command .AUTH.$/);
    expect(everything(copy)).not.toMatch(/s3|cret/);
  });

  test('is short, whatever a server says', () => {
    const copy = harmless(new Error('x'.repeat(10_000_000))) as Error;
    expect(copy.message.length).toBeLessThan(1100);
    expect(copy.stack?.length).toBeLessThan(10_000);
  });

  test('can be made of anything that was thrown', () => {
    const reason: unknown = AbortSignal.abort().reason;
    expect(everything(harmless(reason))).toContain('AbortError: This operation was aborted');
    for (const other of ['text', 7, undefined, null]) expect(harmless(other)).toBe(other);
    expect(everything(harmless({ message: 'an object', command: 's3cret' }))).not.toContain('s3cret');
  });

  test('is the error itself if that is of Sluice', () => {
    const error = new BackendError('ERR_SLUICE_BACKEND_FULL', 'full', {
      retryable: true,
      outcome: 'refused',
    });
    expect(harmless(error)).toBe(error);
  });
});
