import { afterEach, expect, test, vi } from 'vitest';
import { ask } from '../src/page/ask.js';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['a refusal of the board', Response.json({ error: 'You may not.' }, { status: 403 }), 'You may not.'],
  ['a proxy that has lost the server', new Response('<html>', { status: 502 }), 'status 502'],
  ['the page of a sign-in', new Response('<html>'), 'signed out'],
  ['nothing', Response.error(), 'status 0'],
])('the page says what %s is', async (_, response, message) => {
  vi.stubGlobal('fetch', async () => response);
  await expect(ask('state')).rejects.toThrow(message);
});

test('and of a server that is away, or sends to a sign-in elsewhere', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(ask('state')).rejects.toThrow('does not reply, or you are signed out');
});
